//! The suite itself: an honest store passes, and each that breaks one promise fails for it.

mod dishonest;

use std::sync::Arc;
use std::time::Duration;

use self::dishonest::{Dishonest, Fault, LEASE};
use super::Trial;

/// What the suite says of a store that breaks this promise.
async fn verdict(fault: Option<Fault>) -> Option<String> {
    let store = Dishonest::new(fault);
    let mut trial = Trial::of(Arc::new(store.clone()))
        .and(Arc::new(store))
        .leases_end(LEASE);
    if fault.is_some() {
        trial.patience = Duration::from_secs(1);
    }
    let ended = actix_rt::spawn(trial.run()).await;
    let panic = ended.err()?.into_panic();
    let words = panic.downcast::<String>().map(|words| *words);
    Some(words.unwrap_or_else(|panic| {
        let words = panic.downcast::<&str>();
        words.map_or_else(|_| "no words".to_owned(), |words| (*words).to_owned())
    }))
}

#[actix_rt::test]
async fn an_honest_store_passes() {
    assert_eq!(verdict(None).await, None);
}

#[actix_rt::test]
async fn a_store_that_breaks_a_promise_fails_for_it() {
    let cases = [
        (Fault::MixesKeys, "keys that begin alike are two"),
        (Fault::HasNoLimit, "a session of 8 MiB is refused"),
        (Fault::CutsWhatIsTooLarge, "what was there stays"),
        (Fault::IsDeep, "what is nested too deeply is refused"),
        (Fault::KeepsDroppedLeases, "a dropped lease lets the next"),
        (Fault::ReadsWait, "a session that is held can be read"),
        (Fault::Revives, "a Save of a deleted session says"),
        (Fault::RevivesByRename, "a Rename of a deleted session says"),
        (Fault::LeavesOldKey, "the old key is nobody's"),
        (Fault::TearsRename, "the new key has the session"),
        (Fault::TouchEmpties, "a touch changes nothing"),
        (Fault::LocksNobody, "no write of many is lost"),
        (Fault::HidesBusy, "what is held is there, or busy"),
        (Fault::ForgetsIdle, "what has expired is never"),
        (Fault::ForgetsAbsolute, "however much it is read, is never"),
        (Fault::RenameIsYoung, "whatever its key is, is never"),
        (Fault::WritesExpired, "nothing is written that has expired"),
        (Fault::DoesNotSlide, "who is read, touched or saved"),
        (Fault::SweepsNothing, "a sweep removes what has expired"),
        (Fault::SweepsAll, "no live session is swept"),
        (Fault::CreatesOver, "what is there is not created again"),
        (Fault::RenamesOver, "no session is renamed to one that is"),
        (
            Fault::DropsWhatIsRenamedToItself,
            "what is renamed to itself is there",
        ),
        (Fault::OpensWhatIsTooOld, "too old today is not opened"),
        (Fault::ReadsWhatIsTooOld, "too old today is not read"),
        (Fault::WritesWhatIsLost, "whoever lost his lease is told so"),
        (
            Fault::SaysGoneOfWhatIsLost,
            "whoever lost his lease is told so",
        ),
    ];
    // All at once: most of the time is waiting.
    let verdicts =
        cases.map(|(fault, words)| async move { (fault, words, verdict(Some(fault)).await) });
    for (fault, words, said) in futures_util::future::join_all(verdicts).await {
        let said = said.unwrap_or_default();
        assert!(said.contains(words), "{fault:?}: {said:?}");
    }
}
