//! The connection is protected as the URL says.

use kirsch::sessions::stores::PostgresStore;
use kirsch::sessions::{Store as _, StoreError};
use kirsch_tests::postgres::Cluster;

use super::{kill_connections, of_connections, on, refusal, words};

#[test]
fn tls_is_as_the_url_says() {
    let (cluster, authority) = Cluster::start_with_tls();
    let database = cluster.database();
    let named = database.url().replace("127.0.0.1", "localhost");
    let start = async |url: &str, words: &str| {
        let store = PostgresStore::new(&format!("{url}&{words}")).unwrap();
        store
            .start()
            .await
            .map(|()| of_connections(&database, "bool_and(ssl)") == "t")
    };
    let file = format!("sslrootcert={}", authority.display());
    on(async {
        let is_protected = start(&named, "sslmode=disable").await.unwrap();
        assert!(!is_protected);
        for words in ["", "sslmode=prefer", "sslmode=require"] {
            kill_connections(&database);
            assert!(start(&named, words).await.unwrap(), "{words}");
        }
        for mode in ["require", "verify-full"] {
            let words = format!("sslmode={mode}&{file}");
            assert!(start(&named, &words).await.unwrap());
            let said = words_of(start(&database.url(), &words).await);
            assert!(said.contains("not valid for name"), "{said}");
        }
        let said = words_of(start(&named, "sslmode=verify-full").await);
        assert!(
            said.contains("UnknownIssuer") || said.contains("no certificates"),
            "{said}"
        );
        let said = words_of(start(&named, "sslmode=verify-full&sslrootcert=/nowhere").await);
        assert!(
            said.contains("`/nowhere` (sslrootcert) cannot be read"),
            "{said}"
        );
    });
}

fn words_of<T>(answer: Result<T, StoreError>) -> String {
    answer.err().map_or_else(String::new, |error| words(&error))
}

#[test]
fn a_server_without_tls_is_refused_where_tls_is_required() {
    // The server of `DATABASE_URL` may have it.
    let cluster = Cluster::start_new();
    let database = cluster.database();
    let url = format!("{}&sslmode=require", database.url());
    on(async {
        let said = refusal(&PostgresStore::new(&url).unwrap()).await;
        assert!(said.contains("server does not support TLS"), "{said}");
    });
}
