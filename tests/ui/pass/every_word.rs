//! Every word at a place where it belongs.
use kirsch::prelude::*;

#[derive(Param)]
#[param(rename_all = "snake_case")]
enum Order {
    NewestFirst,
    #[param(rename = "old")]
    OldestFirst,
}

#[derive(Param)]
struct Id(u64);

#[expose]
struct Note {
    id: u64,
}

#[expose(resource)]
impl Note {
    fn get(&self) -> String {
        self.id.to_string()
    }

    async fn delete(&self) -> Result<String> {
        Ok(self.id.to_string())
    }

    #[post(path = "publish")]
    fn publish(&self) -> &'static str {
        "published"
    }
}

#[expose]
struct Root;

#[expose(rename_all = "kebab-case")]
impl Root {
    fn index(&self, order: Option<Order>) -> &'static str {
        match order {
            Some(Order::OldestFirst) => "old",
            Some(Order::NewestFirst) | None => "new",
        }
    }

    #[post]
    #[put]
    fn save_all(
        &self,
        #[arg(form)] text: String,
        #[arg(query, name = "of", default = 1)] page: u32,
    ) -> String {
        format!("{text} {page}")
    }

    #[any(path = "r/{name}/raw")]
    fn r#type(&self, name: String, _format: Option<String>) -> String {
        name
    }

    #[child(path = "{id}")]
    async fn note(&self, id: Id) -> Result<Note> {
        Ok(Note { id: id.0 })
    }

    fn tags(&self, tag: Vec<String>) -> String {
        tag.join(", ")
    }

    fn default(&self, rest: Rest) -> &'static str {
        drop(rest);
        "default"
    }

    #[error_page(404)]
    fn lost(&self, error: &Error) -> String {
        error.to_string()
    }
}
