//! What the store in memory keeps, and what it lets go.

use cached::Expires as _;
use serde_json::{Map, Value};

use super::*;
use crate::sessions::{Lease, Renamed, Written};

const HOUR: Life = Life {
    idle: Duration::from_hours(1),
    absolute: None,
};

fn data(bytes: usize) -> Data {
    let text = Value::String("x".repeat(bytes));
    Map::from_iter([("text".to_owned(), text)]).into()
}

async fn fill(store: &MemoryStore, sessions: usize, bytes: usize) {
    for number in 0..sessions {
        let key = Key::of(&number.to_string());
        store.create(&key, data(bytes), HOUR).await.unwrap();
    }
}

#[actix_rt::test]
async fn sessions_are_bounded() {
    let store = MemoryStore::new().max_sessions(1_000);
    fill(&store, 5_000, 1).await;
    assert!(store.len() <= 1_000 + 16 * 64, "{}", store.len());
    let last = store.read(&Key::of("4999"), HOUR).await.unwrap();
    assert_eq!(last, Some(data(1)));
}

#[actix_rt::test]
async fn bytes_are_bounded_and_counted() {
    let store = MemoryStore::new().max_total_bytes(100_000);
    fill(&store, 1_000, 1_000).await;
    let total = store.total.load(Ordering::Relaxed);
    assert!((50_000..=100_000).contains(&total), "{total}");
    let last = store.read(&Key::of("999"), HOUR).await.unwrap();
    assert_eq!(last, Some(data(1_000)));
    for number in 0..1_000 {
        store.delete(&Key::of(&number.to_string())).await.unwrap();
    }
    assert_eq!((store.total.load(Ordering::Relaxed), store.len()), (0, 0));
}

#[actix_rt::test]
async fn one_that_is_too_large_is_refused_and_the_old_one_stays() {
    let store = Arc::new(MemoryStore::new());
    let key = Key::of("a");
    store.create(&key, data(10), HOUR).await.unwrap();
    let opened = Arc::clone(&store).open(key.clone(), HOUR, HOUR.idle).await;
    let lease = opened.unwrap().unwrap().lease;
    let refused = lease.save(data(70_000), HOUR).await.unwrap_err();
    assert!(matches!(
        refused,
        StoreError::TooLarge { limit: 65_536, .. }
    ));
    assert_eq!(store.read(&key, HOUR).await.unwrap(), Some(data(10)));
}

async fn opened(store: &Arc<MemoryStore>, key: &Key) -> Box<dyn Lease> {
    let opened = Arc::clone(store).open(key.clone(), HOUR, HOUR.idle).await;
    opened.unwrap().unwrap().lease
}

/// All sessions are of nearly the same age: that is no reason to let all of them go.
#[actix_rt::test]
async fn room_is_made_by_a_share() {
    let store = Arc::new(MemoryStore::new().max_total_bytes(100 * 1_011));
    fill(&store, 100, 1_000).await;
    assert_eq!(store.len(), 100);
    store.create(&Key::of("last"), data(1), HOUR).await.unwrap();
    assert_eq!(store.len(), 101 - (100 / SHARE + 1));
}

/// Each of them would be the next to go.
#[actix_rt::test]
async fn what_is_written_is_never_what_makes_room() {
    let store = Arc::new(MemoryStore::new().max_total_bytes(10_000));
    let short = Life {
        idle: Duration::from_mins(1),
        absolute: None,
    };
    fill(&store, 9, 1_000).await;
    let (key, to) = (Key::of("short"), Key::of("to"));
    store.create(&key, data(100), short).await.unwrap();
    let saved = opened(&store, &key).await.save(data(2_000), short).await;
    assert_eq!(saved.unwrap(), Written::Done);
    assert_eq!(store.read(&key, short).await.unwrap(), Some(data(2_000)));
    let lease = opened(&store, &key).await;
    let renamed = lease.rename(to.clone(), data(5_000), short).await;
    assert_eq!(renamed.unwrap(), Renamed::Done(None));
    assert_eq!(store.read(&to, short).await.unwrap(), Some(data(5_000)));
    // Even if it is alone and larger than all may be.
    let small = Arc::new(MemoryStore::new().max_total_bytes(10));
    small.create(&key, data(100), short).await.unwrap();
    assert_eq!(small.read(&key, short).await.unwrap(), Some(data(100)));
}

/// Whoever has said that a session is over removes it: nothing that is written after that is answered as done, and what was used before is not over.
#[test]
fn a_session_is_over_once_and_for_all() {
    let store = MemoryStore::new();
    let life = |millis| Life {
        idle: Duration::from_millis(millis),
        absolute: None,
    };
    let session = |life| Session::new(Instant::now(), store.stored(data(1)).unwrap(), life);
    let entry = Entry(Arc::new(session(HOUR)));
    assert!(!entry.is_expired());
    assert!(entry.0.live_on(Duration::ZERO, HOUR));
    let age = Duration::from_mins(61);
    assert!(!entry.0.live_on(age, HOUR), "it ended a minute ago");
    let over = Entry(Arc::new(session(life(0))));
    assert!(over.is_expired());
    // Somebody looked at his clock before it was over, and comes late.
    assert!(!over.0.live_on(Duration::ZERO, HOUR));
    assert!(over.is_expired());
}

/// Refreshed and swept at the very moment of its end, a session is there as it was written, or it is gone (3.15).
#[test]
fn whoever_is_told_that_it_is_written_finds_it() {
    let store = Arc::new(MemoryStore::new());
    let short = Life {
        idle: Duration::from_micros(300),
        absolute: None,
    };
    let is_done = std::sync::atomic::AtomicBool::new(false);
    let mut written = 0;
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !is_done.load(Ordering::Relaxed) {
                drop(store.sweep());
            }
        });
        for number in 0..10_000 {
            let key = Key::of(&number.to_string());
            store.create_now(&key, data(1), short).unwrap();
            let opened = Arc::clone(&store).open_now(key.clone(), HOUR).unwrap();
            let Some(opened) = opened else { continue };
            let begun = Instant::now();
            while begun.elapsed() < Duration::from_micros(number % 300 + 100) {
                std::hint::spin_loop();
            }
            let saved = opened.lease.save(data(2), HOUR).answered().unwrap();
            let is_done = saved.unwrap() == Written::Done;
            written += usize::from(is_done);
            let read = store.read_now(&key, HOUR).unwrap();
            assert_eq!(read.is_some(), is_done, "{number}");
        }
        is_done.store(true, Ordering::Relaxed);
    });
    assert!(written > 0, "none was quick enough");
}

#[actix_rt::test]
async fn what_there_is_no_room_for_is_said_at_the_start() {
    let store = MemoryStore::new().max_sessions(usize::MAX);
    let refused = store.start().await.unwrap_err();
    let words = std::error::Error::source(&refused).unwrap().to_string();
    assert!(words.contains("max_sessions"), "{words}");
    assert!(store.read(&Key::of("a"), HOUR).await.is_err());
    assert!(MemoryStore::new().max_sessions(0).start().await.is_ok());
}
