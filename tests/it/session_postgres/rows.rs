//! What a row holds, and what it costs.

use std::sync::Arc;

use kirsch::sessions::{Data, Key, Renamed, Store as _, StoreError, Written};
use kirsch_tests::postgres::Database;

use super::{LIFE, MOMENT, PATIENCE, data, lease, number, on, open, started, store, stored};

#[test]
fn a_session_is_stored_read_written_moved_and_deleted() {
    let database = Database::fresh();
    on(async {
        let store = started(&database).await;
        let (key, other) = (Key::of("a"), Key::of("b"));
        assert_eq!(stored(&store, &key).await, None);
        assert!(open(&store, &key, MOMENT).await.is_none());
        store.create(&key, data(1), LIFE).await.unwrap();
        assert_eq!(stored(&store, &key).await, Some(1));

        let opened = open(&store, &key, MOMENT).await.unwrap();
        assert_eq!(number(&opened.data), 1);
        let written = opened.lease.save(data(2), LIFE).await;
        assert_eq!(written.unwrap(), Written::Done);
        let touched = lease(&store, &key).await.touch(LIFE).await;
        assert_eq!(touched.unwrap(), Written::Done);
        assert_eq!(stored(&store, &key).await, Some(2));

        let to = other.clone();
        let renamed = lease(&store, &key).await.rename(to, data(3), LIFE).await;
        assert_eq!(renamed.unwrap(), Renamed::Done(None));
        assert_eq!(stored(&store, &key).await, None);
        assert_eq!(stored(&store, &other).await, Some(3));

        lease(&store, &other).await.delete().await.unwrap();
        assert_eq!(stored(&store, &other).await, None);
        store.delete(&other).await.unwrap();
    });
}

#[test]
fn what_goes_in_comes_out() {
    let database = Database::fresh();
    let json = r#"{"":"\u0000","zz":1,"a":[1.5,-0.0,1e300,18446744073709551615,-9223372036854775808,null,true],"é\n":{"\"":"\\u0000 😀"}}"#;
    let odd = Data::from_json(json.as_bytes()).unwrap();
    on(async {
        let store = started(&database).await;
        let key = Key::of("a");
        store.create(&key, odd.clone(), LIFE).await.unwrap();
        assert_eq!(store.read(&key, LIFE).await.unwrap(), Some(odd.clone()));
        let opened = open(&store, &key, MOMENT).await.unwrap();
        assert_eq!(opened.data, odd);
        let plain = Data::from_json(br#"{"b":{"c":[1,"d"]}}"#).unwrap();
        opened.lease.save(plain.clone(), LIFE).await.unwrap();
        assert_eq!(store.read(&key, LIFE).await.unwrap(), Some(plain));
        assert_eq!(
            database.execute("SELECT data->'b'->'c'->>1 FROM kirsch_sessions"),
            "d"
        );
    });
}

#[test]
fn a_writing_request_costs_two_round_trips_and_a_reading_one_costs_one() {
    let database = Database::fresh();
    on(async {
        let store = started(&database).await;
        let key = Key::of("a");
        store.create(&key, data(1), LIFE).await.unwrap();
        let before = store.statements();
        let save = lease(&store, &key).await.save(data(2), LIFE);
        save.await.unwrap();
        assert_eq!(store.statements() - before, 2);
        stored(&store, &key).await;
        assert_eq!(store.statements() - before, 3);
        // Somebody whose session is gone is rare, and costs one more.
        assert!(open(&store, &Key::of("b"), MOMENT).await.is_none());
        assert_eq!(store.statements() - before, 5);
    });
}

#[test]
fn a_row_that_holds_no_session_is_passed_over() {
    let database = Database::fresh();
    on(async {
        let store = Arc::new(store(&database).max_bytes(1_000));
        let key = Key::of("a");
        store.create(&key, data(1), LIFE).await.unwrap();
        let large = Data::from_json(format!(r#"{{"a":"{}"}}"#, "x".repeat(1_000)).as_bytes());
        let refused = lease(&store, &key).await.save(large.unwrap(), LIFE).await;
        assert!(matches!(
            refused,
            Err(StoreError::TooLarge {
                bytes: 1_008,
                limit: 1_000
            })
        ));
        assert_eq!(stored(&store, &key).await, Some(1));
        for bad in [
            "'[1]'",
            "'\"{\"'",
            "'null'",
            "to_jsonb(repeat('x', 10000000))",
            "(SELECT jsonb_object_agg(n, n) FROM generate_series(1, 100000) AS n)",
        ] {
            database.execute(&format!("UPDATE kirsch_sessions SET data = {bad}"));
            assert_eq!(store.read(&key, LIFE).await.unwrap(), None, "{bad}");
            assert!(open(&store, &key, PATIENCE).await.is_none(), "{bad}");
        }
    });
}
