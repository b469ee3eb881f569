//! actix-session, with its own store in the cookie, and over a map.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use actix_session::storage::{
    CookieSessionStore, LoadError, SaveError, SessionKey, SessionStore, UpdateError,
    generate_session_key,
};
use actix_session::{Session, SessionMiddleware};
use actix_web::cookie::{Key, time::Duration};
use actix_web::{App, HttpServer, web};

pub fn serve_cookie(port: u16) -> crate::Result {
    serve(port, CookieSessionStore::default)
}

pub fn serve_memory(port: u16) -> crate::Result {
    let memory = Memory::default();
    serve(port, move || memory.clone())
}

#[actix_web::main]
async fn serve<S: SessionStore + 'static>(
    port: u16,
    store: impl Fn() -> S + Clone + Send + 'static,
) -> crate::Result {
    let key = Key::generate();
    let app = move || {
        App::new()
            .wrap(SessionMiddleware::new(store(), key.clone()))
            .route("/counter", web::get().to(counter))
    };
    let server = HttpServer::new(app).workers(1);
    Ok(server.bind(("127.0.0.1", port))?.run().await?)
}

async fn counter(session: Session) -> actix_web::Result<String> {
    let number = session.get::<u64>("counter")?.unwrap_or_default() + 1;
    session.insert("counter", number)?;
    Ok(number.to_string())
}

/// Sessions by their keys. No session ends.
#[derive(Clone, Default)]
struct Memory(Arc<Mutex<HashMap<String, State>>>);

type State = HashMap<String, String>;

impl Memory {
    fn sessions(&self) -> MutexGuard<'_, HashMap<String, State>> {
        self.0.lock().expect("nobody panics while holding it")
    }
}

impl SessionStore for Memory {
    async fn load(&self, key: &SessionKey) -> Result<Option<State>, LoadError> {
        Ok(self.sessions().get(key.as_ref()).cloned())
    }

    async fn save(&self, state: State, _: &Duration) -> Result<SessionKey, SaveError> {
        let key = generate_session_key();
        self.sessions().insert(key.as_ref().to_owned(), state);
        Ok(key)
    }

    async fn update(
        &self,
        key: SessionKey,
        state: State,
        _: &Duration,
    ) -> Result<SessionKey, UpdateError> {
        self.sessions().insert(key.as_ref().to_owned(), state);
        Ok(key)
    }

    async fn update_ttl(&self, _: &SessionKey, _: &Duration) -> anyhow::Result<()> {
        Ok(())
    }

    async fn delete(&self, key: &SessionKey) -> anyhow::Result<()> {
        self.sessions().remove(key.as_ref());
        Ok(())
    }
}
