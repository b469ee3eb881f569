//! Passwords: only their hashes are kept, made by Argon2id, which is slow and takes memory on purpose.
//!
//! What is slow for a thief is slow for the server, so a hash is made on a thread that may wait, and only so many at once.

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use kirsch::actix_web::web;
use kirsch::prelude::*;
use tokio::sync::Semaphore;

/// How many hashes are made at once. Each takes 19 MiB, and one core.
const AT_ONCE: usize = 4;

/// Makes and compares hashes. A clone shares the bound.
#[derive(Clone, Debug)]
pub(crate) struct Passwords {
    turns: Arc<Semaphore>,
    /// The hash of a password that nobody has.
    nobody: Arc<str>,
}

impl Passwords {
    pub(crate) fn new() -> Result<Self> {
        let mut secret = [0; 32];
        getrandom::fill(&mut secret)?;
        Ok(Self {
            turns: Arc::new(Semaphore::new(AT_ONCE)),
            nobody: hash(&secret)?.into(),
        })
    }

    /// The hash of a password, as a PHC string: with algorithm, costs and salt in it, so that all of them may change for new ones.
    pub(crate) async fn hash(&self, password: String) -> Result<String> {
        Ok(self.run(move || hash(password.as_bytes())).await??)
    }

    /// Whether the password has this hash. Where there is none, because nobody has that name, it takes as long, and is wrong:
    /// how long the answer takes does not tell who has an account.
    pub(crate) async fn is_right(&self, password: String, known: Option<String>) -> Result<bool> {
        let is_known = known.is_some();
        let known = known.unwrap_or_else(|| self.nobody.to_string());
        let fits = self.run(move || fits(&password, &known)).await??;
        Ok(fits && is_known)
    }

    /// Does `work` when it is its turn. The work keeps the turn, and not the page: a visitor who leaves does not end what has begun.
    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let turn = Arc::clone(&self.turns).acquire_owned().await?;
        let work = move || {
            let _turn = turn;
            work()
        };
        Ok(web::block(work).await?)
    }
}

/// What a hash fails with may be sent to another thread; what a page fails with may not.
type Hashed<T> = Result<T, argon2::password_hash::Error>;

fn hash(password: &[u8]) -> Hashed<String> {
    Ok(Argon2::default().hash_password(password)?.to_string())
}

fn fits(password: &str, known: &str) -> Hashed<bool> {
    let known = PasswordHash::new(known)?;
    Ok(Argon2::default()
        .verify_password(password.as_bytes(), &known)
        .is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_fits_its_password_and_no_other() {
        let known = hash(b"cherry stone").unwrap();
        assert!(
            known.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{known}"
        );
        assert_ne!(known, hash(b"cherry stone").unwrap());
        assert!(fits("cherry stone", &known).unwrap());
        assert!(!fits("cherry stones", &known).unwrap());
    }

    #[test]
    fn nobody_is_compared_at_the_same_costs() {
        let costs = |hash: &str| hash.rsplitn(3, '$').last().map(str::to_owned);
        let nobody = Passwords::new().unwrap().nobody;
        assert_eq!(costs(&nobody), costs(&hash(b"cherry stone").unwrap()));
    }
}
