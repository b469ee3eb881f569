//! What every store promises, asked of both.

use kirsch::actix_web::rt;
use kirsch_tests::postgres::Database;
use tempfile::{TempDir, tempdir};

use super::*;

const ANNA: u64 = 1;
const OTTO: u64 = 2;

/// A store, and what it lies in.
struct Place {
    store: Store,
    place: Lies,
}

enum Lies {
    InFolder(TempDir),
    InDatabase(Database),
}

impl Place {
    /// An empty store of each kind.
    fn all() -> [Self; 2] {
        [
            Lies::InFolder(tempdir().unwrap()),
            Lies::InDatabase(Database::fresh()),
        ]
        .map(Self::open)
    }

    fn open(place: Lies) -> Self {
        let store = match &place {
            Lies::InFolder(folder) => Store::file(folder.path().join("var/notes.redb")),
            Lies::InDatabase(database) => Store::postgres(&database.url()),
        };
        Self {
            store: store.unwrap(),
            place,
        }
    }

    fn again(self) -> Self {
        drop(self.store);
        Self::open(self.place)
    }
}

/// Does the same with each store.
fn each(ask: &impl AsyncFn(&Store)) {
    let runtime = rt::Runtime::new().unwrap();
    for place in Place::all() {
        runtime.block_on(ask(&place.store));
    }
}

fn draft(title: &str) -> Draft {
    Draft::new(title, "text")
}

fn part(number: usize, size: usize) -> Part {
    Part { number, size }
}

async fn list(store: &Store, owner: u64, search: &str, part: Part) -> Sheet {
    store.list(owner, &Search::new(search), part).await.unwrap()
}

async fn titles(store: &Store, search: &str, number: usize, size: usize) -> Vec<String> {
    let sheet = list(store, ANNA, search, part(number, size)).await;
    sheet.notes.into_iter().map(|note| note.title).collect()
}

#[test]
fn a_number_is_never_given_twice() {
    each(&async |store| {
        let one = store.create(ANNA, draft("one"), Moment(1)).await.unwrap();
        assert_eq!(one.id, 1);
        assert!(store.remove(ANNA, 1).await.unwrap());
        assert!(!store.remove(ANNA, 1).await.unwrap());
        let two = store.create(ANNA, draft("two"), Moment(2)).await.unwrap();
        assert_eq!(two.id, 2);
        assert_eq!(titles(store, "", 1, 10).await, ["two"]);
    });
}

#[test]
fn nobody_reaches_the_notes_of_another() {
    each(&async |store| {
        let hers = store.create(ANNA, draft("hers"), Moment(1)).await.unwrap();
        store.create(OTTO, draft("his"), Moment(1)).await.unwrap();
        assert_eq!(list(store, OTTO, "", part(1, 10)).await.found, 1);
        assert_eq!(store.note(OTTO, hers.id).await.unwrap(), None);
        let changed = store.change(OTTO, hers.id, draft("ours"), Moment(2));
        assert_eq!(changed.await.unwrap(), None);
        assert!(!store.remove(OTTO, hers.id).await.unwrap());
        assert_eq!(store.note(ANNA, hers.id).await.unwrap(), Some(hers));
    });
}

#[test]
fn a_change_keeps_the_day_of_creation() {
    each(&async |store| {
        store.create(ANNA, draft("old"), Moment(1)).await.unwrap();
        let changed = store.change(ANNA, 1, draft("new"), Moment(2)).await;
        let note = changed.unwrap().unwrap();
        assert_eq!(
            (note.title.as_str(), note.created, note.updated),
            ("new", Moment(1), Moment(2))
        );
        assert_eq!(store.note(ANNA, 1).await.unwrap(), Some(note));
        for nothing in [2, u64::MAX] {
            let changed = store.change(ANNA, nothing, draft("new"), Moment(2)).await;
            assert_eq!(changed.unwrap(), None);
            assert_eq!(store.note(ANNA, nothing).await.unwrap(), None);
            assert!(!store.remove(ANNA, nothing).await.unwrap());
        }
    });
}

#[test]
fn the_last_changed_comes_first() {
    each(&async |store| {
        for (title, second) in [("a", 5), ("b", 7), ("c", 6)] {
            let note = store.create(ANNA, draft(title), Moment(second));
            note.await.unwrap();
        }
        assert_eq!(titles(store, "", 1, 10).await, ["b", "c", "a"]);
        let changed = store.change(ANNA, 1, draft("a"), Moment(8)).await;
        assert!(changed.unwrap().is_some());
        assert_eq!(titles(store, "", 1, 10).await, ["a", "b", "c"]);
        assert_eq!(titles(store, "C text", 1, 10).await, ["c"]);
    });
}

#[test]
fn every_word_is_found_whatever_its_case_and_nothing_else() {
    each(&async |store| {
        store
            .create(
                ANNA,
                Draft::new("Über 100 %", "Äpfel_und\nBirnen"),
                Moment(1),
            )
            .await
            .unwrap();
        for found in ["über", "ÄPFEL birnen", "100 %", "_", "", "  "] {
            assert_eq!(titles(store, found, 1, 10).await.len(), 1, "{found}");
        }
        for lost in ["uber", "birnen kirschen", "1%0", "pfel.und", "100%"] {
            assert_eq!(titles(store, lost, 1, 10).await.len(), 0, "{lost}");
        }
    });
}

#[test]
fn pages_are_numbered_from_one_and_end_with_the_last() {
    each(&async |store| {
        let empty = list(store, ANNA, "", part(3, 2)).await;
        assert_eq!((empty.found, empty.number, empty.count), (0, 1, 1));
        for second in 0..5 {
            let note = store.create(ANNA, draft(&second.to_string()), Moment(second));
            note.await.unwrap();
        }
        assert_eq!(titles(store, "", 0, 2).await, ["4", "3"]);
        assert_eq!(titles(store, "", 2, 2).await, ["2", "1"]);
        assert_eq!(titles(store, "", usize::MAX, 2).await, ["0"]);
        let last = list(store, ANNA, "", part(9, 2)).await;
        assert_eq!((last.found, last.number, last.count), (5, 3, 3));
    });
}

#[test]
fn a_name_is_given_once_whatever_its_case() {
    each(&async |store| {
        let anna = store.sign_up("Anna", "hash".into()).await.unwrap();
        let again = store.sign_up("ANNA", "other".into()).await.unwrap();
        assert_eq!(again, None);
        let known = store.user("anna").await.unwrap();
        assert_eq!(known, anna.map(|anna| (anna, "hash".to_owned())));
        assert_eq!(store.user("Otto").await.unwrap(), None);
    });
}

#[test]
fn notes_survive_a_restart() {
    let runtime = rt::Runtime::new().unwrap();
    for place in Place::all() {
        let note = place.store.create(ANNA, draft("kept"), Moment(1));
        let note = runtime.block_on(note).unwrap();
        let place = place.again();
        let found = runtime.block_on(place.store.note(ANNA, note.id));
        assert_eq!(found.unwrap(), Some(note));
    }
}
