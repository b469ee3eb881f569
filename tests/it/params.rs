//! Where arguments come from, and what a wrong one is. CherryPy: `test_params.py`, and reference §1.3.

use std::net::IpAddr;

use kirsch::prelude::*;
use kirsch::testing::Client;
use kirsch::{Invalid, Limits};

use crate::check::check;

#[expose]
struct Root;

#[expose]
impl Root {
    fn resource(&self, limit: Option<i32>) -> String {
        format!("{limit:?}")
    }

    fn wanted(&self, limit: i32) -> String {
        limit.to_string()
    }

    fn two(&self, a: String, b: String) -> String {
        format!("{a} {b}")
    }

    fn defaults(
        &self,
        #[arg(default = 10)] limit: u8,
        #[arg(default = "name")] sort: String,
        c: Option<String>,
    ) -> String {
        format!("{limit} {sort} {c:?}")
    }

    fn many(&self, a: Vec<u8>) -> String {
        format!("{a:?}")
    }

    fn flag(&self, #[arg(default = false)] on: bool) -> String {
        on.to_string()
    }

    #[get(path = "item/{id}")]
    fn item(&self, id: u32, #[arg(query, name = "a[1]")] odd: Option<String>) -> String {
        format!("{id} {odd:?}")
    }

    fn only_path(&self, #[arg(path)] a: u8, #[arg(path)] b: Option<u8>) -> String {
        format!("{a} {b:?}")
    }

    fn only_query(&self, #[arg(query)] a: u8) -> String {
        a.to_string()
    }

    #[post]
    fn only_form(&self, #[arg(form)] a: u8) -> String {
        a.to_string()
    }

    #[post]
    fn any_source(&self, a: u8, b: Option<String>) -> String {
        format!("{a} {b:?}")
    }

    #[post]
    fn all_sources(&self, a: Vec<String>) -> String {
        format!("{a:?}")
    }

    fn rest(&self, first: String, rest: Rest) -> String {
        format!("{first}|{rest}|{:?}", rest.segments().collect::<Vec<_>>())
    }

    fn rest_of_numbers(&self, #[arg(rest)] all: Vec<u8>) -> String {
        format!("{all:?}")
    }

    /// An extractor among the parameters takes no segment.
    fn mixed(
        &self,
        request: HttpRequest,
        a: Option<u8>,
        method: actix_web::http::Method,
        b: Option<u8>,
    ) -> String {
        format!("{method} {} {a:?} {b:?}", request.path())
    }

    fn number(&self, n: f64) -> String {
        n.to_string()
    }

    fn letter(&self, c: char) -> String {
        c.to_string()
    }

    fn address(&self, ip: IpAddr) -> String {
        ip.to_string()
    }

    fn isbn(&self, isbn: Isbn) -> String {
        isbn.0
    }
}

/// A type of the application's own.
struct Isbn(String);

impl Param for Isbn {
    fn parse(text: &str) -> Result<Self, Invalid> {
        let digits = text.chars().filter(char::is_ascii_digit).count();
        if digits == 13 {
            Ok(Self(text.to_string()))
        } else {
            Err(Invalid::new("an ISBN of 13 digits"))
        }
    }
}

#[test]
fn test_pass() {
    check(
        &mut Client::new(Root),
        &[
            ("GET /resource", "200 None"),
            ("GET /resource?limit=0", "200 Some(0)"),
            ("GET /resource/7", "200 Some(7)"),
        ],
    );
}

#[test]
fn test_error() {
    check(
        &mut Client::new(Root),
        &[
            // Differs from CherryPy: an input that was left empty is nothing to an optional number.
            ("GET /resource?limit=", "200 None"),
            (
                "GET /wanted?limit=",
                "400 … the parameter `limit` must be a whole number from -2147483648 to 2147483647",
            ),
            (
                "GET /resource?limit=x",
                "400 … the parameter `limit` must be a whole number",
            ),
            // What is wrong in the path is no page.
            ("GET /resource/x", "404"),
            ("GET /item/x", "404"),
            ("GET /isbn/1", "404"),
            (
                "GET /isbn?isbn=1",
                "400 … the parameter `isbn` must be an ISBN of 13 digits",
            ),
            ("GET /isbn/978-0-13-468599-1", "200 978-0-13-468599-1"),
        ],
    );
}

#[test]
fn test_syntax() {
    check(
        &mut Client::new(Root),
        &[
            ("GET /wanted?limit=0", "200 0"),
            ("GET /wanted/-5", "200 -5"),
        ],
    );
}

#[test]
fn a_missing_argument() {
    check(
        &mut Client::new(Root),
        &[
            // 404 when only the path could give it, else 400.
            ("GET /only_path", "404"),
            ("GET /only_path?a=1", "404"),
            ("GET /rest", "400 … the parameter `first` is missing"),
            ("GET /wanted", "400 … the parameter `limit` is missing"),
            ("GET /two/x", "400 … the parameter `b` is missing"),
            ("GET /two?b=x", "400 … the parameter `a` is missing"),
            ("GET /only_query", "400"),
            ("POST /only_form", "400 … the parameter `a` is missing"),
            ("POST /only_form b=1", "400"),
            ("GET /item", "404"),
            ("GET /defaults", "200 10 name None"),
            ("GET /many", "200 []"),
            ("GET /flag", "200 false"),
        ],
    );
}

#[test]
fn leftover_segments_fill_parameters_in_order() {
    check(
        &mut Client::new(Root),
        &[
            ("GET /two/x/y", "200 x y"),
            ("GET /two/x?b=y", "200 x y"),
            ("GET /defaults/3", "200 3 name None"),
            ("GET /defaults/3/size/c", r#"200 3 size Some("c")"#),
            ("GET /defaults/3?c=d", r#"200 3 name Some("d")"#),
            ("GET /two/x/y/z", "404"),
            ("GET /wanted/1/", "404"),
            ("GET /two/x//y", "404"),
            ("GET /two/../y", "404"),
            ("GET /two/x/%2E%2E", "404"),
            ("GET /mixed/1/2", "200 GET /mixed/1/2 Some(1) Some(2)"),
            ("GET /mixed/1?b=2", "200 GET /mixed/1 Some(1) Some(2)"),
            ("GET /only_path/1/2", "200 1 Some(2)"),
            // The path is asked before the query, the query before the form; the first that has the name wins.
            ("GET /wanted/1?limit=2", "200 1"),
            ("GET /only_path/1?b=2", "200 1 None"),
            ("GET /item/5?id=6", "200 5 None"),
            ("POST /any_source?a=2 a=3", "200 2 None"),
            ("POST /any_source/1?a=2 a=3&b=x", r#"200 1 Some("x")"#),
            ("POST /only_form?a=2 a=3", "200 3"),
            ("POST /only_form/2 a=3", "404"),
            ("GET /only_query/1?a=3", "404"),
        ],
    );
}

#[test]
fn a_name_given_twice() {
    check(
        &mut Client::new(Root),
        &[
            (
                "GET /wanted?limit=1&limit=2",
                "400 … the parameter `limit` is given more than once",
            ),
            ("GET /resource?limit=1&limit=1", "400"),
            (
                "POST /any_source a=1&a=2",
                "400 … the parameter `a` is given more than once",
            ),
            ("GET /many?a=1&b=9&a=2", "200 [1, 2]"),
            (
                "GET /many?a=1&a=x",
                "400 … the parameter `a` must be a whole number from 0 to 255",
            ),
            // A list has the values of the query first, then those of the form.
            (
                "POST /all_sources?a=1&a=2 a=3&a=4",
                r#"200 ["1", "2", "3", "4"]"#,
            ),
            ("GET /many/1", "404"),
        ],
    );
}

#[test]
fn how_a_query_is_read() {
    check(
        &mut Client::new(Root),
        &[
            ("GET /two?a=x+y&b=%2B%26%3D", "200 x y +&="),
            ("GET /two?a=b=c&b=a;b", "200 b=c a;b"),
            // Without a value is empty; a bad escape stays as it was written.
            ("GET /two?a&b=", "200  "),
            ("GET /two?a=100%&b=%zz", "200 100% %zz"),
            ("GET /two?&&a=1&&b=2&", "200 1 2"),
            ("GET /two?%61=1&b=%C3%A9", "200 1 é"),
            // Differs from CherryPy, where this is 404.
            ("GET /two?a=%ff&b=x", "400 … the parameter `a` is not UTF-8"),
            // What nobody asks for hurts nobody.
            ("GET /two?a=1&b=2&c=%ff", "200 1 2"),
            ("GET /two?a=1&b=2&zzz=1", "200 1 2"),
            // Names with brackets are names.
            ("GET /item/1?a[1]=x", r#"200 1 Some("x")"#),
            ("GET /item/1?a%5B1%5D=x", r#"200 1 Some("x")"#),
            // No image maps.
            ("GET /two?3,4", "400"),
            ("GET /flag?on", "400"),
            ("GET /flag?on=on", "200 true"),
            ("GET /flag?on=0", "200 false"),
        ],
    );
}

#[test]
fn what_is_left_of_the_path() {
    check(
        &mut Client::new(Root),
        &[
            ("GET /rest/a", "200 a||[]"),
            ("GET /rest/a/b%20c/d", r#"200 a|b%20c/d|["b c", "d"]"#),
            // As it was sent: empty segments and slashes.
            ("GET /rest/a//b/", r#"200 a|/b/|["", "b", ""]"#),
            ("GET /rest/a/b%2Fc/...", r#"200 a|b%2Fc/...|["b/c", "..."]"#),
            // Whoever asks has resolved such segments before (WHATWG URL, 4.4).
            ("GET /rest/a/../b", "404"),
            ("GET /rest/a/./b", "404"),
            ("GET /rest/a/b/..", "404"),
            ("GET /rest/a/b/.", "404"),
            ("GET /rest/a/%2e%2E/b", "404"),
            ("GET /rest/a/.%2e", "404"),
            ("GET /rest/a/b/%2E/c", "404"),
            ("GET /rest/a/%zz", "404"),
            ("GET /rest/a/%ff", "404"),
            ("GET /rest/a/%00", "404"),
            ("GET /rest_of_numbers/1/2/3", "200 [1, 2, 3]"),
            ("GET /rest_of_numbers/1/x", "404"),
            ("GET /rest_of_numbers", "200 []"),
        ],
    );
}

#[test]
fn values_of_every_type() {
    check(
        &mut Client::new(Root),
        &[
            ("GET /item/4294967295", "200 4294967295 None"),
            ("GET /item/4294967296", "404"),
            ("GET /item/-1", "404"),
            ("GET /item/+1", "404"),
            ("GET /item/1e3", "404"),
            ("GET /item/%D9%A1", "404"),
            ("GET /item/%31", "200 1 None"),
            ("GET /number/2.5", "200 2.5"),
            ("GET /number/NaN", "404"),
            ("GET /letter/%C3%A9", "200 é"),
            ("GET /letter/ab", "404"),
            ("GET /address/::1", "200 ::1"),
            ("GET /address?ip=127.0.0.1", "200 127.0.0.1"),
            ("GET /address?ip=localhost", "400 … an IP address"),
        ],
    );
}

/// CherryPy's rule, on request: what nobody asks for is 404 in the query and 400 in the form.
#[test]
fn strict_params() {
    let limits = Limits {
        strict_params: true,
        ..Limits::default()
    };
    check(
        &mut Client::of(Site::new(Root).mount("/shop", Shop).limits(limits)),
        &[
            ("GET /two?a=1&b=2", "200 1 2"),
            ("GET /two?a=1&b=2&c=3", "404"),
            ("GET /item/1?a[1]=x", r#"200 1 Some("x")"#),
            ("GET /item/1?a[2]=x", "404"),
            ("GET /rest/a?x=1", "404"),
            ("POST /any_source a=1&b=2", r#"200 1 Some("2")"#),
            ("POST /any_source a=1&c=2", "400 … `c`"),
            ("POST /any_source?c=2 a=1&d=2", "404"),
            // Only an extractor knows what it reads.
            ("GET /mixed?c=2", "200 GET /mixed None None"),
            // What a child on the way asks for is asked for.
            ("GET /shop/item/name?lang=de", "200 de"),
            ("GET /shop/item/name?long=de", "404"),
            (
                "GET /shop/again/again/item/name?lang=de&colour=red",
                "200 de",
            ),
            ("GET /shop/again/again/item/name?colours=red", "404"),
        ],
    );
}

#[expose]
struct Shop;

#[expose]
impl Shop {
    #[child(path = "item")]
    fn item(&self, #[arg(query, default = "en")] lang: String) -> Item {
        Item(lang)
    }

    #[child]
    fn again(&self, #[arg(query, name = "colour")] _colour: Option<String>) -> Self {
        Self
    }
}

#[expose]
struct Item(String);

#[expose]
impl Item {
    fn name(&self) -> String {
        self.0.clone()
    }
}
