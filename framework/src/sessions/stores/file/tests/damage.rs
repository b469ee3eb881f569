//! Whatever is in a file, and whatever the disk does.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::fs::{File, Permissions, set_permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::rc::Rc;
use std::time::Instant;

use proptest::prelude::*;
use rustix::fs::{CWD, Mode, mkfifoat};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record as Values};
use tracing::subscriber::DefaultGuard;
use tracing::{Event, Level, Metadata, Subscriber};

use super::apart::{apart, as_somebody, wait};
use super::*;
use crate::sessions::Written;

#[actix_rt::test]
async fn one_wrong_bit_is_no_session() {
    let (_dir, store) = fresh();
    let key = Key::of("a");
    plant(&store, &key, left(1000), &data(12345));
    let whole = std::fs::read(path(&store, &key)).unwrap();
    assert_eq!(store.read(&key, HOUR).await.unwrap(), Some(data(12345)));
    for bit in 0..whole.len() * 8 {
        let mut bytes = whole.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        put(&store, &key, &bytes);
        assert!(store.read(&key, HOUR).await.unwrap().is_none(), "bit {bit}");
        assert!(!path(&store, &key).exists(), "bit {bit}");
    }
}

#[actix_rt::test]
async fn a_part_of_a_session_or_more_than_it_is_none() {
    let (_dir, store) = fresh();
    let key = Key::of("a");
    plant(&store, &key, left(1000), &data(12345));
    let whole = std::fs::read(path(&store, &key)).unwrap();
    for length in 0..whole.len() {
        put(&store, &key, &whole[..length]);
        assert!(open(&store, &key).await.is_none(), "{length}");
        assert!(!path(&store, &key).exists(), "{length}");
    }
    put(&store, &key, &[&whole[..], b"\n"].concat());
    assert!(open(&store, &key).await.is_none());
    // Whole, but another's.
    put(&store, &Key::of("b"), &whole);
    assert!(store.read(&Key::of("b"), HOUR).await.unwrap().is_none());
    // Whole, but not JSON.
    let bytes = record::encode(&Slot::of(&key), left(1000), b"[1]");
    put(&store, &key, &bytes);
    assert!(store.read(&key, HOUR).await.unwrap().is_none());
    assert_eq!(files(&store).len(), 2);
}

/// Makes something where a session should be.
type Maker<'a> = &'a dyn Fn(&Path);

#[actix_rt::test]
async fn what_is_no_file_is_neither_followed_nor_waited_for() {
    let (dir, store) = fresh();
    let secret = Key::of("secret");
    store.create(&secret, data(7), HOUR).await.unwrap();
    let target = path(&store, &secret);
    let makers: [(&str, Maker<'_>); 6] = [
        ("a link to a session", &|path| {
            symlink(&target, path).unwrap();
        }),
        ("a link to nothing", &|path| {
            symlink("/nowhere", path).unwrap();
        }),
        ("a FIFO", &|path| mkfifoat(CWD, path, Mode::RWXU).unwrap()),
        ("a folder", &|path| std::fs::create_dir(path).unwrap()),
        ("a socket", &|path| {
            // Its path would be too long.
            let short = dir.path().join("socket");
            UnixListener::bind(&short).unwrap();
            std::fs::rename(short, path).unwrap();
        }),
        ("a gigabyte", &|path| {
            File::create(path).unwrap().set_len(1 << 30).unwrap();
        }),
    ];
    for (name, make) in makers {
        for is_open in [true, false] {
            let key = Key::of(&format!("{name} {is_open}"));
            let path = path(&store, &key);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            make(&path);
            let log = Log::default();
            let (began, listening) = (Instant::now(), log.listen());
            if is_open {
                assert!(open(&store, &key).await.is_none(), "{name}");
            } else {
                assert!(store.read(&key, HOUR).await.unwrap().is_none(), "{name}");
            }
            drop(listening);
            assert!(began.elapsed() < Duration::from_secs(1), "{name}");
            let lines = log.0.take();
            assert_eq!(lines.len(), 1, "{name}: {lines:?}");
            assert!(
                lines[0].starts_with("WARN") && lines[0].contains(&key.short()),
                "{lines:?}"
            );
            assert!(!lines[0].contains(key.hex().get(..9).unwrap()), "{lines:?}");
            // It is out of the way, and the visitor can begin again.
            assert!(path.symlink_metadata().is_err(), "{name}");
            store.create(&key, data(1), HOUR).await.unwrap();
            assert_eq!(store.read(&key, HOUR).await.unwrap(), Some(data(1)));
        }
    }
    assert_eq!(store.read(&secret, HOUR).await.unwrap(), Some(data(7)));
}

#[actix_rt::test]
async fn a_hundred_damaged_files_are_kept() {
    let (_dir, store) = fresh();
    let log = Log::default();
    let listening = log.listen();
    for n in 0..103 {
        let key = Key::of(&n.to_string());
        put(&store, &key, b"damaged");
        assert!(open(&store, &key).await.is_none());
    }
    drop(listening);
    let files = files(&store);
    assert_eq!(files.len(), 100);
    assert!(files.iter().all(|file| file.starts_with("corrupt/")));
    let full = |line: &&String| line.contains("is full");
    assert_eq!(log.0.borrow().iter().filter(full).count(), 3);
    assert_eq!(log.0.borrow().len(), 103);
}

#[actix_rt::test]
async fn what_somebody_holds_is_not_put_away() {
    let (dir, store) = fresh();
    let key = Key::of("a");
    store.create(&key, data(1), HOUR).await.unwrap();
    let held = open(&store, &key).await.unwrap();
    put(&store, &key, b"damaged");
    assert!(in_dir(dir.path()).read(&key, HOUR).await.unwrap().is_none());
    assert!(path(&store, &key).exists());
    assert_eq!(held.lease.save(data(2), HOUR).await.unwrap(), Written::Done);
    assert_eq!(store.read(&key, HOUR).await.unwrap(), Some(data(2)));
}

#[test]
fn a_file_that_may_not_be_read_is_an_error() {
    apart(
        "damage::a_file_that_may_not_be_read_is_an_error",
        as_somebody(),
        || {
            wait(async {
                let (_dir, store) = fresh();
                let key = Key::of("a");
                store.create(&key, data(1), HOUR).await.unwrap();
                let file = path(&store, &key);
                for forbidden in [file.as_path(), file.parent().unwrap()] {
                    let mode = forbidden.metadata().unwrap().permissions();
                    set_permissions(forbidden, Permissions::from_mode(0o0)).unwrap();
                    assert!(matches!(
                        store.read(&key, HOUR).await,
                        Err(StoreError::Failed(_))
                    ));
                    assert!(matches!(
                        try_open(&store, &key).await,
                        Err(StoreError::Failed(_))
                    ));
                    set_permissions(forbidden, mode).unwrap();
                    assert_eq!(store.read(&key, HOUR).await.unwrap(), Some(data(1)));
                }
                // A directory that is read-only: what is there is read, and nothing is written.
                let shelf = file.parent().unwrap();
                plant(&store, &key, left(10), &data(1));
                set_permissions(shelf, Permissions::from_mode(0o500)).unwrap();
                assert_eq!(store.read(&key, HOUR).await.unwrap(), Some(data(1)));
                let lease = open(&store, &key).await.unwrap().lease;
                assert!(matches!(
                    lease.save(data(2), HOUR).await,
                    Err(StoreError::Failed(_))
                ));
                assert!(matches!(
                    store.delete(&key).await,
                    Err(StoreError::Failed(_))
                ));
                set_permissions(shelf, Permissions::from_mode(0o700)).unwrap();
                let lease = open(&store, &key).await.unwrap().lease;
                assert_eq!(lease.save(data(2), HOUR).await.unwrap(), Written::Done);
            });
        },
    );
}

#[test]
fn a_disk_that_takes_no_more_keeps_what_it_has() {
    // Files may have 512 bytes: a write of more is cut off, and then fails, as on a full disk.
    let line = "trap '' XFSZ; ulimit -f 1; exec ";
    apart(
        "damage::a_disk_that_takes_no_more_keeps_what_it_has",
        line,
        || {
            wait(async {
                for fsync in [true, false] {
                    let (dir, _) = fresh();
                    let store = Arc::new(FileStore::new(dir.path().join("sessions")).fsync(fsync));
                    let key = Key::of("a");
                    assert!(matches!(
                        store.create(&key, big(5000), HOUR).await,
                        Err(StoreError::Failed(_))
                    ));
                    store.create(&key, data(1), HOUR).await.unwrap();
                    let lease = open(&store, &key).await.unwrap().lease;
                    assert!(matches!(
                        lease.save(big(5000), HOUR).await,
                        Err(StoreError::Failed(_))
                    ));
                    let lease = try_open(&store, &key).await.unwrap().unwrap().lease;
                    let renamed = lease.rename(Key::of("b"), big(5000), HOUR).await;
                    assert!(matches!(renamed, Err(StoreError::Failed(_))));
                    assert_eq!(store.read(&key, HOUR).await.unwrap(), Some(data(1)));
                    assert_eq!(files(&store).len(), 1);
                    let lease = try_open(&store, &key).await.unwrap().unwrap().lease;
                    assert_eq!(lease.save(data(2), HOUR).await.unwrap(), Written::Done);
                }
            });
        },
    );
}

#[test]
fn too_many_open_files_pass() {
    apart(
        "damage::too_many_open_files_pass",
        "ulimit -n 64; exec ",
        || {
            wait(async {
                let (dir, store) = fresh();
                let key = Key::of("a");
                store.create(&key, data(1), HOUR).await.unwrap();
                let mut others = Vec::new();
                while let Ok(file) = File::open(dir.path()) {
                    others.push(file);
                }
                let is_passing = |error| matches!(error, Some(StoreError::Unavailable(_)));
                assert!(is_passing(store.read(&key, HOUR).await.err()));
                assert!(is_passing(try_open(&store, &key).await.err()));
                assert!(is_passing(store.create(&key, data(2), HOUR).await.err()));
                assert!(is_passing(store.delete(&key).await.err()));
                drop(others);
                assert_eq!(store.read(&key, HOUR).await.unwrap(), Some(data(1)));
            });
        },
    );
}

proptest! {
    #[test]
    fn nothing_in_a_file_makes_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), length in any::<u64>()) {
        let slot = Slot::of(&Key::of("a"));
        prop_assert!(record::decode(&slot, &bytes).is_err());
        let mut whole = record::encode(&slot, left(1), &bytes);
        prop_assert_eq!(record::decode(&slot, &whole).is_ok(), Data::from_json(&bytes).is_ok());
        whole[24..32].copy_from_slice(&length.to_le_bytes());
        prop_assert!(record::decode(&slot, &whole).is_err());
    }
}

/// The lines that are logged on this thread.
#[derive(Debug, Clone, Default)]
struct Log(Rc<RefCell<Vec<String>>>);

thread_local! {
    static LOG: RefCell<Option<Log>> = const { RefCell::new(None) };
}

impl Log {
    fn listen(&self) -> DefaultGuard {
        LOG.set(Some(self.clone()));
        tracing::subscriber::set_default(Listener)
    }
}

struct Listener;

impl Subscriber for Listener {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= Level::INFO
    }

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(event.metadata().level().to_string());
        event.record(&mut line);
        LOG.with_borrow(|log| {
            if let Some(log) = log {
                log.0.borrow_mut().push(line.0);
            }
        });
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Values<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        write!(self.0, " {field}={value:?}").unwrap();
    }
}
