//! What the store in memory keeps, and what it lets go.

use serde_json::{Map, Value};

use super::*;

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
