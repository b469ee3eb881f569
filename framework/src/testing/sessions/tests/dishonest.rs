//! A store in memory that keeps every promise, or all but one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::sessions::{
    Data, Key, Lease, Life, Opened, Pending, Renamed, Store, StoreError, Swept, Written,
};

/// The promise that is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    MixesKeys,
    HasNoLimit,
    CutsWhatIsTooLarge,
    IsDeep,
    KeepsDroppedLeases,
    ReadsWait,
    Revives,
    RevivesByRename,
    LeavesOldKey,
    TearsRename,
    TouchEmpties,
    LocksNobody,
    HidesBusy,
    ForgetsIdle,
    ForgetsAbsolute,
    RenameIsYoung,
    WritesExpired,
    DoesNotSlide,
    SweepsNothing,
    SweepsAll,
    OpensWhatIsTooOld,
    ReadsWhatIsTooOld,
}

/// A copy is another process on the same storage.
#[derive(Debug, Clone)]
pub(super) struct Dishonest {
    rows: Arc<Mutex<HashMap<Vec<u8>, Row>>>,
    fault: Option<Fault>,
}

#[derive(Debug, Clone)]
struct Row {
    data: Data,
    begun: Instant,
    used: Instant,
    life: Life,
    is_held: bool,
}

impl Row {
    fn new(data: Data, life: Life) -> Self {
        let now = Instant::now();
        Self {
            data,
            begun: now,
            used: now,
            life,
            is_held: false,
        }
    }
}

const LIMIT: usize = 64 * 1024;

impl Dishonest {
    pub(super) fn new(fault: Option<Fault>) -> Self {
        Self {
            rows: Arc::default(),
            fault,
        }
    }

    fn has(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    fn rows(&self) -> MutexGuard<'_, HashMap<Vec<u8>, Row>> {
        self.rows.lock().unwrap()
    }

    fn place(&self, key: &Key) -> Vec<u8> {
        let length = if self.has(Fault::MixesKeys) { 2 } else { 32 };
        key.hash()[..length].to_vec()
    }

    fn is_over(&self, row: &Row) -> bool {
        let absolute = row.life.absolute;
        let is_old = absolute.is_some_and(|absolute| row.begun.elapsed() >= absolute);
        let is_idle = row.used.elapsed() >= row.life.idle;
        is_idle && !self.has(Fault::ForgetsIdle) || is_old && !self.has(Fault::ForgetsAbsolute)
    }

    fn stored(&self, key: &Key) -> Option<Row> {
        self.rows().get(&self.place(key)).cloned()
    }

    fn alive(&self, key: &Key) -> Option<Row> {
        self.stored(key).filter(|row| !self.is_over(row))
    }

    fn fits(&self, key: &Key, data: &Data) -> Result<(), StoreError> {
        // The texts alone, which is quick: the suite asks with eight megabytes.
        let texts = data.values().values().filter_map(Value::as_str);
        let (bytes, limit) = (texts.map(str::len).sum(), LIMIT);
        if bytes <= limit {
            let is_shallow = data.size().map(drop);
            return is_shallow.or_else(|error| self.has(Fault::IsDeep).then_some(()).ok_or(error));
        }
        if self.has(Fault::HasNoLimit) {
            return Ok(());
        }
        if self.has(Fault::CutsWhatIsTooLarge) {
            self.put(key, Row::new(Data::default(), super::super::LONG));
        }
        Err(StoreError::TooLarge { bytes, limit })
    }

    fn put(&self, key: &Key, row: Row) {
        self.rows().insert(self.place(key), row);
    }

    fn remove(&self, key: &Key) {
        self.rows().remove(&self.place(key));
    }

    fn live_on(&self, key: &Key, life: Life) {
        if self.has(Fault::DoesNotSlide) {
            return;
        }
        if let Some(row) = self.rows().get_mut(&self.place(key)) {
            (row.used, row.life) = (Instant::now(), life);
        }
    }

    fn is_old(row: &Row, life: Life) -> bool {
        let absolute = life.absolute;
        absolute.is_some_and(|absolute| row.begun.elapsed() >= absolute)
    }

    fn hold(&self, key: &Key, is_held: bool) {
        if let Some(row) = self.rows().get_mut(&self.place(key)) {
            row.is_held = is_held;
        }
    }

    /// What is stored, if nobody else holds it.
    fn take(&self, key: &Key, life: Life) -> Result<Option<Data>, StoreError> {
        let Some(row) = self.alive(key) else {
            return Ok(None);
        };
        if Self::is_old(&row, life) && !self.has(Fault::OpensWhatIsTooOld) {
            return Ok(None);
        }
        if row.is_held && !self.has(Fault::LocksNobody) {
            return Err(StoreError::Busy);
        }
        self.hold(key, true);
        Ok(Some(row.data))
    }

    async fn wait_for(
        &self,
        key: &Key,
        life: Life,
        wait: Duration,
    ) -> Result<Option<Data>, StoreError> {
        let asked = Instant::now();
        loop {
            match self.take(key, life) {
                Err(StoreError::Busy) if asked.elapsed() < wait => {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                Err(StoreError::Busy) if self.has(Fault::HidesBusy) => return Ok(None),
                other => return other,
            }
        }
    }
}

impl Store for Dishonest {
    fn read<'a>(&'a self, key: &'a Key, life: Life) -> Pending<'a, Option<Data>> {
        let Some(row) = self.alive(key) else {
            return Pending::now(Ok(None));
        };
        if Self::is_old(&row, life) && !self.has(Fault::ReadsWhatIsTooOld) {
            return Pending::now(Ok(None));
        }
        if self.has(Fault::ReadsWait) && row.is_held {
            return Pending::now(Err(StoreError::Busy));
        }
        self.live_on(key, life);
        Pending::now(Ok(Some(row.data)))
    }

    fn open(
        self: Arc<Self>,
        key: Key,
        life: Life,
        wait: Duration,
    ) -> Pending<'static, Option<Opened>> {
        Pending::later(async move {
            let Some(data) = self.wait_for(&key, life, wait).await? else {
                return Ok(None);
            };
            let store = Self::clone(&self);
            let is_written = false;
            let lease = Box::new(Held {
                store,
                key,
                is_written,
            });
            Ok(Some(Opened { data, lease }))
        })
    }

    fn create<'a>(&'a self, key: &'a Key, data: Data, life: Life) -> Pending<'a, Option<Box<str>>> {
        Pending::now(self.fits(key, &data).map(|()| {
            self.put(key, Row::new(data, life));
            None
        }))
    }

    fn delete<'a>(&'a self, key: &'a Key) -> Pending<'a, ()> {
        self.remove(key);
        Pending::now(Ok(()))
    }

    fn sweep(&self) -> Pending<'_, Swept> {
        let mut rows = self.rows();
        let before = rows.len();
        let (none, all) = (self.has(Fault::SweepsNothing), self.has(Fault::SweepsAll));
        rows.retain(|_, row| none || !all && !self.is_over(row));
        Pending::now(Ok(Swept {
            removed: (before - rows.len()) as u64,
            more: false,
        }))
    }
}

#[derive(Debug)]
struct Held {
    store: Dishonest,
    key: Key,
    is_written: bool,
}

impl Held {
    /// The session, if it may be written.
    fn row(&mut self, revives: Fault) -> Option<Row> {
        self.is_written = true;
        let store = &self.store;
        let Some(row) = store.stored(&self.key) else {
            let made = Row::new(Data::default(), super::super::LONG);
            return store.has(revives).then_some(made);
        };
        let is_writable = store.has(Fault::WritesExpired) || !store.is_over(&row);
        is_writable.then_some(row)
    }

    fn save_now(&mut self, data: Data, life: Life) -> Result<Written, StoreError> {
        self.store.fits(&self.key, &data)?;
        let Some(row) = self.row(Fault::Revives) else {
            return Ok(Written::Gone);
        };
        self.store.put(&self.key, Row { data, ..row });
        self.store.live_on(&self.key, life);
        Ok(Written::Done)
    }

    fn touch_now(&mut self, life: Life) -> Result<Written, StoreError> {
        let Some(row) = self.store.alive(&self.key) else {
            return Ok(Written::Gone);
        };
        let empties = self.store.has(Fault::TouchEmpties);
        let data = if empties { Data::default() } else { row.data };
        self.save_now(data, life)
    }

    fn rename_now(&mut self, to: &Key, data: Data, life: Life) -> Result<Renamed, StoreError> {
        self.store.fits(&self.key, &data)?;
        let Some(mut row) = self.row(Fault::RevivesByRename) else {
            return Ok(Renamed::Gone);
        };
        row.is_held = false;
        if self.store.has(Fault::RenameIsYoung) {
            row.begun = Instant::now();
        }
        if !self.store.has(Fault::LeavesOldKey) {
            self.store.remove(&self.key);
        }
        if !self.store.has(Fault::TearsRename) {
            self.store.put(to, Row { data, ..row });
            self.store.live_on(to, life);
        }
        Ok(Renamed::Done(None))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let is_kept = self.store.has(Fault::KeepsDroppedLeases) && !self.is_written;
        self.store.hold(&self.key, is_kept);
    }
}

impl Lease for Held {
    fn save(mut self: Box<Self>, data: Data, life: Life) -> Pending<'static, Written> {
        Pending::now(self.save_now(data, life))
    }

    fn touch(mut self: Box<Self>, life: Life) -> Pending<'static, Written> {
        Pending::now(self.touch_now(life))
    }

    fn rename(mut self: Box<Self>, to: Key, data: Data, life: Life) -> Pending<'static, Renamed> {
        Pending::now(self.rename_now(&to, data, life))
    }

    fn delete(self: Box<Self>) -> Pending<'static, ()> {
        self.store.remove(&self.key);
        Pending::now(Ok(()))
    }
}
