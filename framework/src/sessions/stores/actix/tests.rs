//! The adapter on a store that does as actix-session's Redis does: what is written and not there is stored under another name.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use actix_session::storage::generate_session_key;
use serde_json::json;

use super::*;

const HOUR: Life = Life {
    idle: Duration::from_hours(1),
    absolute: None,
};

#[derive(Default)]
struct Shelf {
    states: Mutex<HashMap<String, State>>,
    /// Another process deletes whatever is written, just before.
    is_overtaken: AtomicBool,
    /// Nothing can be stored anew.
    is_full: AtomicBool,
    /// Whatever is written is written, and nobody is told.
    is_silent: AtomicBool,
}

impl Shelf {
    fn put(&self, state: State) -> SessionKey {
        let key = generate_session_key();
        let mut states = self.states.lock().unwrap();
        states.insert(key.as_ref().to_owned(), state);
        key
    }

    fn len(&self) -> usize {
        self.states.lock().unwrap().len()
    }
}

impl SessionStore for Shelf {
    async fn load(&self, key: &SessionKey) -> Result<Option<State>, LoadError> {
        Ok(self.states.lock().unwrap().get(key.as_ref()).cloned())
    }

    async fn save(&self, state: State, _: &time::Duration) -> Result<SessionKey, SaveError> {
        if self.is_full.load(Ordering::Relaxed) {
            return Err(SaveError::Other(anyhow::anyhow!("it is full")));
        }
        Ok(self.put(state))
    }

    async fn update(
        &self,
        key: SessionKey,
        state: State,
        _: &time::Duration,
    ) -> Result<SessionKey, UpdateError> {
        if self.is_overtaken.load(Ordering::Relaxed) {
            self.states.lock().unwrap().remove(key.as_ref());
        }
        let known = self.states.lock().unwrap().contains_key(key.as_ref());
        if !known {
            return Ok(self.put(state));
        }
        let mut states = self.states.lock().unwrap();
        states.insert(key.as_ref().to_owned(), state);
        if self.is_silent.load(Ordering::Relaxed) {
            return Err(UpdateError::Other(anyhow::anyhow!("it does not answer")));
        }
        Ok(key)
    }

    async fn update_ttl(&self, _: &SessionKey, _: &time::Duration) -> anyhow::Result<()> {
        Ok(())
    }

    async fn delete(&self, key: &SessionKey) -> anyhow::Result<()> {
        self.states.lock().unwrap().remove(key.as_ref());
        Ok(())
    }
}

type Adapted = Arc<ActixStore<Shelf>>;

fn data(count: u32) -> Data {
    Data::from_json(json!({ "count": count }).to_string().as_bytes()).unwrap()
}

async fn begun(life: Life) -> (Adapted, Key) {
    let store = Arc::new(ActixStore::new(Shelf::default()));
    let name = store.create(&Key::of("a"), data(1), life).await.unwrap();
    (store, Key::of("a").named(name))
}

async fn lease(store: &Adapted, key: &Key) -> Box<dyn Lease> {
    let opened = Arc::clone(store).open(key.clone(), HOUR, HOUR.idle).await;
    opened.unwrap().unwrap().lease
}

#[actix_rt::test]
async fn what_another_process_deletes_meanwhile_is_stored_nowhere() {
    let (store, key) = begun(HOUR).await;
    let lease = lease(&store, &key).await;
    store.store.is_overtaken.store(true, Ordering::Relaxed);
    assert_eq!(lease.save(data(2), HOUR).await.unwrap(), Written::Gone);
    assert_eq!(store.store.len(), 0);
}

#[actix_rt::test]
async fn a_new_id_does_not_undo_a_sign_out() {
    let (store, key) = begun(HOUR).await;
    let lease = lease(&store, &key).await;
    store.store.is_overtaken.store(true, Ordering::Relaxed);
    let renamed = lease.rename(Key::of("b"), data(2), HOUR).await;
    assert_eq!(renamed.unwrap(), Renamed::Gone);
    assert_eq!(store.store.len(), 0);
}

#[actix_rt::test]
async fn where_no_new_id_can_be_stored_the_old_one_stays() {
    let (store, key) = begun(HOUR).await;
    let lease = lease(&store, &key).await;
    store.store.is_full.store(true, Ordering::Relaxed);
    let renamed = lease.rename(Key::of("b"), data(2), HOUR).await;
    assert!(matches!(renamed, Err(StoreError::Unavailable(_))));
    assert_eq!(store.read(&key, HOUR).await.unwrap(), Some(data(1)));
}

/// The old one is marked, and nobody knows.
#[actix_rt::test]
async fn where_the_mark_is_not_answered_the_new_one_stays() {
    let (store, key) = begun(HOUR).await;
    let lease = lease(&store, &key).await;
    store.store.is_silent.store(true, Ordering::Relaxed);
    let renamed = lease.rename(Key::of("b"), data(2), HOUR).await;
    assert!(matches!(renamed, Err(StoreError::Unavailable(_))));
    assert_eq!(store.read(&key, HOUR).await.unwrap(), None);
    let states = store.store.states.lock().unwrap();
    let is_new = |state: &&State| state.get("count").is_some_and(|count| count == "2");
    assert_eq!(states.values().filter(is_new).count(), 1);
}

#[actix_rt::test]
async fn names_that_begin_with_a_dot_are_an_application_s_as_any() {
    let store = Arc::new(ActixStore::new(Shelf::default()));
    let json = br#"{".gone":true,".begun":1,".ends":1,"..":2,".":3,"":4,"a.b":5}"#;
    let dotted = Data::from_json(json).unwrap();
    let name = store.create(&Key::of("a"), dotted.clone(), HOUR).await;
    let key = Key::of("a").named(name.unwrap());
    assert_eq!(store.read(&key, HOUR).await.unwrap(), Some(dotted));
    // What an application of actix-session has stored under such a name is as it was.
    let state = State::from([(".name".to_owned(), "1".to_owned())]);
    let name = String::from(store.store.put(state));
    let key = Key::of("b").named(Some(name.into()));
    let read = store.read(&key, HOUR).await.unwrap().unwrap();
    assert_eq!(read.values()[".name"], 1);
}

#[actix_rt::test]
async fn what_cannot_be_read_is_no_session_and_no_error() {
    let (store, _) = begun(HOUR).await;
    let state = State::from([("count".to_owned(), "no JSON".to_owned())]);
    let name = String::from(store.store.put(state));
    let key = Key::of("b").named(Some(name.into()));
    assert_eq!(store.read(&key, HOUR).await.unwrap(), None);
    let opened = Arc::clone(&store).open(key, HOUR, HOUR.idle).await;
    assert!(opened.unwrap().is_none());
}

#[actix_rt::test]
async fn what_is_kept_for_us_is_not_seen() {
    let life = Life {
        absolute: Some(HOUR.idle),
        ..HOUR
    };
    let (store, key) = begun(life).await;
    assert_eq!(store.read(&key, life).await.unwrap(), Some(data(1)));
    let opened = Arc::clone(&store).open(key, HOUR, HOUR.idle).await;
    assert_eq!(opened.unwrap().unwrap().data, data(1));
}

/// It was when it was written, or it is by what is said today.
#[actix_rt::test]
async fn what_is_too_old_is_not_opened() {
    let life = Life {
        absolute: Some(Duration::ZERO),
        ..HOUR
    };
    let (store, key) = begun(life).await;
    let opened = Arc::clone(&store).open(key, HOUR, HOUR.idle).await;
    assert!(opened.unwrap().is_none());
}

#[test]
fn a_life_is_at_least_a_second_and_no_longer_than_both() {
    let life = |idle, absolute| Life {
        idle: Duration::from_millis(idle),
        absolute: Some(Duration::from_secs(absolute)),
    };
    let seconds =
        |age, life| ttl(now().saturating_sub(Duration::from_secs(age)), life).whole_seconds();
    assert_eq!(seconds(0, life(100, 60)), 1);
    assert_eq!(seconds(70, life(10_000, 60)), 1);
    assert_eq!(seconds(0, life(10_000, 60)), 10);
    assert!((49..=50).contains(&seconds(10, life(3_600_000, 60))));
}
