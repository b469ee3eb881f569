//! The directory belongs to the store alone, and is not made twice.

use std::fs::{DirBuilder, Permissions, set_permissions};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _, chown, symlink};

use super::apart::{apart, as_somebody, wait};
use super::*;

fn mode(path: &Path) -> u32 {
    path.symlink_metadata().unwrap().permissions().mode() & 0o7777
}

/// Why it does not start.
async fn refusal(dir: PathBuf) -> String {
    match FileStore::new(dir).start().await {
        Err(StoreError::Failed(cause)) => cause.to_string(),
        other => panic!("{other:?}"),
    }
}

async fn rights_are_the_owners_alone() {
    let (_dir, store) = fresh();
    store.start().await.unwrap();
    let key = Key::of("a");
    store.create(&key, data(1), HOUR).await.unwrap();
    let file = path(&store, &key);
    put(&store, &Key::of("b"), b"damaged");
    set_permissions(
        path(&store, &Key::of("b")).parent().unwrap(),
        Permissions::from_mode(0o700),
    )
    .unwrap();
    set_permissions(path(&store, &Key::of("b")), Permissions::from_mode(0o600)).unwrap();
    open(&store, &Key::of("b")).await;
    assert_eq!(store.read(&key, HOUR).await.unwrap(), Some(data(1)));
    for folder in [
        &store.dir,
        file.parent().unwrap(),
        &store.dir.join("corrupt"),
    ] {
        assert_eq!(mode(folder), 0o700, "{}", folder.display());
    }
    assert_eq!(mode(&file), 0o600);
    assert_eq!(mode(&store.dir.join(".locks")), 0o600);
    let lease = open(&store, &key).await.unwrap().lease;
    lease.save(data(2), HOUR).await.unwrap();
    assert_eq!(mode(&file), 0o600);
}

#[test]
fn nobody_else_has_a_right_under_any_umask() {
    let line = format!("umask 0; {}", as_somebody());
    apart(
        "directory::nobody_else_has_a_right_under_any_umask",
        &line,
        || wait(rights_are_the_owners_alone()),
    );
}

#[test]
fn the_owner_has_his_rights_under_any_umask() {
    let line = format!("umask 0300; {}", as_somebody());
    apart(
        "directory::the_owner_has_his_rights_under_any_umask",
        &line,
        || {
            wait(async {
                let dir = tempfile::tempdir().unwrap();
                set_permissions(dir.path(), Permissions::from_mode(0o700)).unwrap();
                let store = in_dir(dir.path());
                store.create(&Key::of("a"), data(1), HOUR).await.unwrap();
                assert_eq!(mode(&store.dir), 0o700);
                assert_eq!(mode(&path(&store, &Key::of("a"))), 0o600);
                assert_eq!(mode(path(&store, &Key::of("a")).parent().unwrap()), 0o700);
            });
        },
    );
}

#[actix_rt::test]
async fn a_directory_that_is_not_ours_alone_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let of = |name: &str| dir.path().join(name);
    for (name, rights) in [("group", 0o770), ("world", 0o707), ("sticky", 0o1777)] {
        DirBuilder::new().create(of(name)).unwrap();
        set_permissions(of(name), Permissions::from_mode(rights)).unwrap();
        assert!(
            refusal(of(name)).await.contains("others may write"),
            "{name}"
        );
    }
    DirBuilder::new().mode(0o700).create(of("real")).unwrap();
    symlink(of("real"), of("link")).unwrap();
    symlink("/nowhere", of("dangling")).unwrap();
    for name in ["link", "link/", "link/.", "dangling"] {
        assert!(refusal(of(name)).await.contains("symbolic link"), "{name}");
    }
    std::fs::write(of("file"), "").unwrap();
    assert!(refusal(of("file")).await.contains("not a directory"));
    assert!(refusal(of("file/below")).await.contains("file/below"));
    // Root can give a directory away; anybody else finds one of root's.
    let foreign = if chown(of("real"), Some(65534), None).is_ok() {
        of("real")
    } else {
        "/usr".into()
    };
    assert!(refusal(foreign).await.contains("it belongs to user"));
}

/// Where others may write above it, somebody who is quick puts a link there: what is at its end stays as it is.
#[test]
fn nothing_is_changed_at_the_end_of_a_link() {
    let (above, foreign) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let rights = Permissions::from_mode(0o755);
    set_permissions(foreign.path(), rights).unwrap();
    let dir = above.path().join("sessions");
    let options = FileStore::new(&dir).options;
    let is_done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !is_done.load(std::sync::atomic::Ordering::Relaxed) {
                drop(symlink(foreign.path(), &dir));
                drop(std::fs::remove_file(&dir));
            }
        });
        for _ in 0..1_000 {
            drop(Folder::open(&dir, options));
            drop(std::fs::remove_dir_all(&dir));
        }
        is_done.store(true, std::sync::atomic::Ordering::Relaxed);
    });
    assert_eq!(mode(foreign.path()), 0o755);
}

#[actix_rt::test]
async fn a_directory_that_vanishes_is_an_error_and_not_made_again() {
    let (dir, store) = fresh();
    let (key, elsewhere) = (Key::of("a"), dir.path().join("elsewhere"));
    store.create(&key, data(1), HOUR).await.unwrap();
    let lease = open(&store, &key).await.unwrap().lease;
    std::fs::rename(&store.dir, &elsewhere).unwrap();
    fails(&store).await;
    assert!(!store.dir.exists());
    // Another in its place is not the same.
    DirBuilder::new().mode(0o700).create(&store.dir).unwrap();
    fails(&store).await;
    assert!(matches!(
        lease.save(data(2), HOUR).await,
        Err(StoreError::Failed(_))
    ));
    assert_eq!(std::fs::read_dir(&store.dir).unwrap().count(), 0);
    std::fs::remove_dir(&store.dir).unwrap();
    // Put back, it is.
    std::fs::rename(&elsewhere, &store.dir).unwrap();
    assert_eq!(store.read(&key, HOUR).await.unwrap(), Some(data(1)));
    std::fs::remove_dir_all(&store.dir).unwrap();
    fails(&store).await;
    assert!(!store.dir.exists());
}

/// No operation says that there is no session.
async fn fails(store: &Arc<FileStore>) {
    let key = Key::of("a");
    assert!(matches!(
        store.read(&key, HOUR).await,
        Err(StoreError::Failed(_))
    ));
    assert!(matches!(
        try_open(store, &key).await,
        Err(StoreError::Failed(_))
    ));
    assert!(matches!(
        store.create(&key, data(1), HOUR).await,
        Err(StoreError::Failed(_))
    ));
    assert!(matches!(
        store.delete(&key).await,
        Err(StoreError::Failed(_))
    ));
    assert!(matches!(store.sweep().await, Err(StoreError::Failed(_))));
    assert!(matches!(store.start().await, Err(StoreError::Failed(_))));
}

#[actix_rt::test]
async fn nothing_is_touched_before_the_start() {
    let (_dir, store) = fresh();
    assert!(!store.dir.exists());
    store.start().await.unwrap();
    assert!(store.dir.is_dir());
    store.start().await.unwrap();
    assert!(files(&store).is_empty());
}
