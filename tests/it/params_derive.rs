//! `#[derive(Param)]`: enums and newtypes as arguments.

use kirsch::prelude::*;
use kirsch::testing::Client;

use crate::check::check;

#[derive(Param, Debug)]
enum Colour {
    Red,
    DarkBlue,
    #[param(rename = "grün")]
    Green,
}

#[derive(Param, Debug)]
#[param(rename_all = "snake_case")]
enum Order {
    NewestFirst,
    OldestFirst,
}

#[derive(Param)]
struct Id(u16);

#[derive(Param, Debug)]
struct Tag<T>(T)
where
    T: Param;

#[expose]
struct Root;

#[expose]
impl Root {
    fn colour(&self, colour: Colour) -> String {
        format!("{colour:?}")
    }

    fn order(&self, order: Option<Order>, #[arg(default = Colour::Red)] colour: Colour) -> String {
        format!("{order:?} {colour:?}")
    }

    #[get(path = "id/{id}")]
    fn id(&self, id: Id, more: Vec<Id>) -> String {
        let more: Vec<_> = more.into_iter().map(|id| id.0).collect();
        format!("{} {more:?}", id.0)
    }

    #[post]
    fn tag(&self, tag: Tag<char>) -> String {
        format!("{tag:?}")
    }
}

#[test]
fn enums_are_their_variants() {
    check(
        &mut Client::new(Root),
        &[
            ("GET /colour/red", "200 Red"),
            ("GET /colour/dark-blue", "200 DarkBlue"),
            ("GET /colour/gr%C3%BCn", "200 Green"),
            ("GET /colour?colour=dark-blue", "200 DarkBlue"),
            ("GET /colour/Red", "404"),
            ("GET /colour/Green", "404"),
            (
                "GET /colour?colour=pink",
                "400 … must be `red`, `dark-blue` or `grün`",
            ),
            ("GET /order/oldest_first", "200 Some(OldestFirst) Red"),
            (
                "GET /order?colour=red&order=newest_first",
                "200 Some(NewestFirst) Red",
            ),
            ("GET /order", "200 None Red"),
            ("GET /order?order=", "200 None Red"),
            (
                "GET /order?order=OldestFirst",
                "400 … must be `newest_first` or `oldest_first`",
            ),
        ],
    );
}

#[test]
fn newtypes_are_what_is_in_them() {
    check(
        &mut Client::new(Root),
        &[
            ("GET /id/7?more=1&more=2", "200 7 [1, 2]"),
            ("GET /id/70000", "404"),
            (
                "GET /id/7?more=70000",
                "400 … must be a whole number from 0 to 65535",
            ),
            ("POST /tag tag=x", "200 Tag('x')"),
            ("POST /tag tag=xy", "400 … must be one character"),
        ],
    );
}
