//! Accounts in the store: a name, and the hash of a password.

use redb::{ReadableDatabase, ReadableTable, TableDefinition};

use crate::store::{Result, Store};
use crate::user::User;

/// Name in small letters → random number, name as its owner writes it, hash of the password.
pub(crate) const USERS: TableDefinition<'static, &'static str, (u64, &'static str, &'static str)> =
    TableDefinition::new("users");

impl Store {
    /// The user of this name, whatever its case, and the hash of his password.
    pub(crate) fn user(&self, name: &str) -> Result<Option<(User, String)>> {
        let users = self.database.begin_read()?.open_table(USERS)?;
        Ok(users.get(&*name.to_lowercase())?.map(|row| {
            let (id, name, hash) = row.value();
            let name = name.to_owned();
            (User { id, name }, hash.to_owned())
        }))
    }

    /// Keeps a new user; `None` if the name is somebody's. Of two who want it at once, one gets it.
    pub(crate) fn sign_up(&self, name: &str, hash: &str) -> Result<Option<User>> {
        let change = self.database.begin_write()?;
        let id = {
            let mut users = change.open_table(USERS)?;
            let key = name.to_lowercase();
            if users.get(&*key)?.is_some() {
                return Ok(None);
            }
            let id = random()?;
            users.insert(&*key, (id, name, hash))?;
            id
        };
        change.commit()?;
        let name = name.to_owned();
        Ok(Some(User { id, name }))
    }
}

/// No number comes twice, not even in a store that takes the place of a lost one: sessions that outlive a store lead to nobody's notes.
fn random() -> Result<u64> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(|error| redb::Error::Io(error.into()))?;
    Ok(u64::from_le_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use tempfile::tempdir;

    use super::*;

    #[test]
    fn a_name_is_given_once_whatever_its_case() {
        let folder = tempdir().unwrap();
        let store = Store::open(folder.path().join("notes.redb")).unwrap();
        let anna = store.sign_up("Anna", "hash").unwrap().unwrap();
        assert_eq!(store.sign_up("ANNA", "other").unwrap(), None);
        assert_eq!(store.user("anna").unwrap(), Some((anna, "hash".into())));
        assert_eq!(store.user("Otto").unwrap(), None);
    }
}
