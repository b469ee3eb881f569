//! What is asked about the values of a session.

use std::collections::HashMap;
use std::fmt::Debug;

use serde_json::{Value, json};

use super::{LONG, Trial, as_data, data};
use crate::sessions::{Data, Key, StoreError, Written};

impl Trial {
    pub(super) async fn an_unknown_session_is_none(&mut self) {
        let key = self.key();
        let read = self.read(&key, LONG).await;
        assert_eq!(read, None, "an unknown session is read");
        let opened = self.opened(&key).await;
        assert!(opened.is_none(), "an unknown session is opened");
        let deleted = self.store.delete(&key).await;
        deleted.expect("deleting what is not there is no error");
    }

    pub(super) async fn what_is_stored_comes_back(&mut self) {
        let all = json!({
            "text": "é \u{1F352} \" \\ \n </script>",
            "": "an empty name",
            "numbers": [0, -1, u64::MAX, i64::MIN, 0.5, 1e300],
            "nested": {"a": [null, true, {"b": []}], "zero": "\u{0}"},
            "long": "x".repeat(20_000),
        });
        for data in [Data::default(), data(1), as_data(all), deep(Data::DEEPEST)] {
            let key = self.begun(&data, LONG).await;
            let read = self.read(&key, LONG).await;
            assert_eq!(read.as_ref(), Some(&data), "what was created is read");
            let opened = self.open(&key).await.data;
            assert_eq!(opened, data, "what was created is opened");
        }
    }

    pub(super) async fn a_write_replaces_and_a_touch_keeps(&mut self) {
        let key = self.begun(&data(1), LONG).await;
        let saved = self.lease(&key).await.save(data(2), LONG).await;
        assert_eq!(saved.expect("a session can be saved"), Written::Done);
        let read = self.read(&key, LONG).await;
        assert_eq!(read, Some(data(2)), "a save is seen");
        let touched = self.lease(&key).await.touch(LONG).await;
        assert_eq!(touched.expect("a session can be touched"), Written::Done);
        let read = self.read(&key, LONG).await;
        assert_eq!(read, Some(data(2)), "a touch changes nothing");
    }

    /// A store may sort sessions by the beginning of their keys, but may not take one for another.
    pub(super) async fn keys_that_begin_alike_are_two(&mut self) {
        let mut keys = twins(&self.text());
        for (key, count) in keys.iter_mut().zip([1, 2]) {
            let name = self.store.create(key, data(count), LONG).await;
            let name = name.expect("a session can be created beside one like it");
            *key = key.clone().named(name);
        }
        for (key, count) in keys.iter().zip([1, 2]) {
            let read = self.read(key, LONG).await;
            assert_eq!(read, Some(data(count)), "keys that begin alike are two");
        }
        let deleted = self.store.delete(&keys[0]).await;
        deleted.expect("a session can be deleted");
        let read = self.read(&keys[1], LONG).await;
        assert_eq!(read, Some(data(2)), "keys that begin alike are two");
    }

    pub(super) async fn what_is_too_large_is_refused(&mut self) {
        // Not every storage has such a limit.
        if !self.fences {
            return;
        }
        let huge = as_data(json!({"text": "x".repeat(8 * 1024 * 1024)}));
        let (key, to) = (self.begun(&data(1), LONG).await, self.key());
        refused(&self.store.create(&to, huge.clone(), LONG).await);
        refused(&self.lease(&key).await.save(huge.clone(), LONG).await);
        let read = self.read(&key, LONG).await;
        assert_eq!(read, Some(data(1)), "what was there stays");
        refused(&self.lease(&key).await.rename(to.clone(), huge, LONG).await);
        let read = (self.read(&key, LONG).await, self.read(&to, LONG).await);
        assert_eq!(read, (Some(data(1)), None), "what was there stays there");
    }
}

impl Trial {
    /// What a store cannot read again is refused when it is written, and not when it is asked for.
    pub(super) async fn what_is_too_deep_is_refused(&mut self) {
        let deep = deep(Data::DEEPEST + 1);
        let (key, to) = (self.begun(&data(1), LONG).await, self.key());
        too_deep(&self.store.create(&to, deep.clone(), LONG).await);
        too_deep(&self.lease(&key).await.save(deep.clone(), LONG).await);
        too_deep(&self.lease(&key).await.rename(to.clone(), deep, LONG).await);
        let read = (self.read(&key, LONG).await, self.read(&to, LONG).await);
        assert_eq!(read, (Some(data(1)), None), "what was there stays there");
    }
}

fn too_deep<T: Debug>(answer: &Result<T, StoreError>) {
    assert!(
        matches!(answer, Err(StoreError::TooDeep { .. })),
        "what is nested too deeply is refused for that, and not: {answer:?}"
    );
}

/// A value of so many lists in each other.
fn deep(levels: usize) -> Data {
    let value = (0..levels).fold(Value::Null, |inner, _| Value::from(vec![inner]));
    as_data(json!({ "deep": value }))
}

fn refused<T: Debug>(answer: &Result<T, StoreError>) {
    assert!(
        matches!(answer, Err(StoreError::TooLarge { bytes, limit }) if bytes > limit),
        "a session of 8 MiB is refused as too large, and not: {answer:?}"
    );
}

/// Two keys whose hashes begin with the same two bytes: of some hundred keys, two do.
fn twins(text: &str) -> [Key; 2] {
    let mut seen = HashMap::new();
    let mut number = 0_u32;
    loop {
        number += 1;
        let key = Key::of(&format!("{text} {number}"));
        let hash = key.hash();
        if let Some(twin) = seen.insert([hash[0], hash[1]], key.clone()) {
            return [twin, key];
        }
    }
}
