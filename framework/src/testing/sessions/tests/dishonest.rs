//! A store in memory that keeps every promise, or all but one.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
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
    CreatesOver,
    RenamesOver,
    DropsWhatIsRenamedToItself,
    OpensWhatIsTooOld,
    ReadsWhatIsTooOld,
    WritesWhatIsLost,
    SaysGoneOfWhatIsLost,
}

/// How long a lease is good.
pub(super) const LEASE: Duration = Duration::from_secs(3);

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
    holder: Option<(usize, Instant)>,
}

impl Row {
    fn new(data: Data, life: Life) -> Self {
        let now = Instant::now();
        Self {
            data,
            begun: now,
            used: now,
            life,
            holder: None,
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

    fn is_held(&self, row: &Row) -> bool {
        let is_good = |since: Instant| since.elapsed() < LEASE;
        let is_kept = self.has(Fault::KeepsDroppedLeases);
        row.holder
            .is_some_and(|(_, since)| is_kept || is_good(since))
    }

    fn hold(&self, key: &Key, holder: Option<usize>) {
        if let Some(row) = self.rows().get_mut(&self.place(key)) {
            row.holder = holder.map(|token| (token, Instant::now()));
        }
    }

    /// What is stored, if nobody else holds it.
    fn take(&self, key: &Key, life: Life, token: usize) -> Result<Option<Data>, StoreError> {
        let Some(row) = self.alive(key) else {
            return Ok(None);
        };
        if Self::is_old(&row, life) && !self.has(Fault::OpensWhatIsTooOld) {
            return Ok(None);
        }
        if self.is_held(&row) && !self.has(Fault::LocksNobody) {
            return Err(StoreError::Busy);
        }
        self.hold(key, Some(token));
        Ok(Some(row.data))
    }

    async fn wait_for(
        &self,
        key: &Key,
        life: Life,
        (token, wait): (usize, Duration),
    ) -> Result<Option<Data>, StoreError> {
        let asked = Instant::now();
        loop {
            match self.take(key, life, token) {
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
        if self.has(Fault::ReadsWait) && self.is_held(&row) {
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
            static TOKENS: AtomicUsize = AtomicUsize::new(0);
            let token = TOKENS.fetch_add(1, Ordering::Relaxed);
            let Some(data) = self.wait_for(&key, life, (token, wait)).await? else {
                return Ok(None);
            };
            let store = Self::clone(&self);
            let is_written = false;
            let lease = Box::new(Held {
                store,
                key,
                token,
                is_written,
            });
            Ok(Some(Opened { data, lease }))
        })
    }

    fn create<'a>(&'a self, key: &'a Key, data: Data, life: Life) -> Pending<'a, Option<Box<str>>> {
        Pending::now(self.fits(key, &data).and_then(|()| {
            let replaces = self.has(Fault::CreatesOver) || self.has(Fault::MixesKeys);
            if self.alive(key).is_some() && !replaces {
                return Err(StoreError::failed("it is there"));
            }
            self.put(key, Row::new(data, life));
            Ok(None)
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
    token: usize,
    is_written: bool,
}

impl Held {
    /// The session, if it may be written.
    fn row(&mut self, revives: Fault) -> Result<Option<Row>, StoreError> {
        self.is_written = true;
        let store = &self.store;
        let Some(row) = store.stored(&self.key) else {
            let made = Row::new(Data::default(), super::super::LONG);
            return Ok(store.has(revives).then_some(made));
        };
        if store.is_over(&row) && !store.has(Fault::WritesExpired) {
            return Ok(None);
        }
        let is_ours = row.holder.is_some_and(|(token, _)| token == self.token);
        if is_ours || store.has(Fault::LocksNobody) || store.has(Fault::WritesWhatIsLost) {
            return Ok(Some(row));
        }
        if store.has(Fault::SaysGoneOfWhatIsLost) {
            return Ok(None);
        }
        Err(StoreError::Lost)
    }

    fn save_now(&mut self, data: Data, life: Life) -> Result<Written, StoreError> {
        self.store.fits(&self.key, &data)?;
        let Some(row) = self.row(Fault::Revives)? else {
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
        if to == &self.key && !self.store.has(Fault::DropsWhatIsRenamedToItself) {
            return Ok(match self.save_now(data, life)? {
                Written::Done => Renamed::Done(None),
                Written::Gone => Renamed::Gone,
            });
        }
        let is_taken = to != &self.key && self.store.alive(to).is_some();
        if is_taken && !self.store.has(Fault::RenamesOver) {
            return Err(StoreError::failed("it is there"));
        }
        let Some(mut row) = self.row(Fault::RevivesByRename)? else {
            return Ok(Renamed::Gone);
        };
        row.holder = None;
        if self.store.has(Fault::RenameIsYoung) {
            row.begun = Instant::now();
        }
        if !self.store.has(Fault::TearsRename) {
            self.store.put(to, Row { data, ..row });
            self.store.live_on(to, life);
        }
        if !self.store.has(Fault::LeavesOldKey) {
            self.store.remove(&self.key);
        }
        Ok(Renamed::Done(None))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let is_kept = self.store.has(Fault::KeepsDroppedLeases) && !self.is_written;
        let row = self.store.stored(&self.key);
        let holder = row.and_then(|row| row.holder);
        if !is_kept && holder.is_some_and(|(token, _)| token == self.token) {
            self.store.hold(&self.key, None);
        }
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
