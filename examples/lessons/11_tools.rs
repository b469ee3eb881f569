//! Lesson 11: tools. What surrounds a page is switched on above it, and the compiler knows every tool and every option.
//!
//! A tool above a struct holds for the whole subtree; deeper levels change only what they name, and `!tool` turns one off.

use kirsch::RequestId;
use kirsch::prelude::*;

/// Every page of the shop has these.
#[expose]
#[tools(request_id, security_headers, csrf, timeout(after = secs(5)))]
struct Shop {
    #[child]
    api: Api,
}

#[expose]
impl Shop {
    fn index(&self) -> Html {
        Html::new("<h1>Cherries</h1><form method=post action=order><button>Order</button></form>")
    }

    /// A tool may provide a parameter. On a page without that tool, the site does not start.
    #[post]
    #[tools(rate_limit(rate = "5/minute"), body_limit(bytes = kib(4)))]
    fn order(&self, id: RequestId) -> String {
        format!("ordered, with the number {id}")
    }
}

/// For other programs: scripts of named sites may read it, and there is no form to be forged.
#[expose]
#[tools(cors(origins = ["https://partner.example"]), !csrf)]
struct Api;

#[expose]
impl Api {
    fn prices(&self) -> Json<Vec<u32>> {
        Json(vec![3, 4, 5])
    }
}

fn main() -> Result<()> {
    kirsch::quickstart(Shop { api: Api })
}

#[cfg(test)]
mod tests {
    use kirsch::testing::Client;

    use super::*;

    fn client() -> Client {
        Client::new(Shop { api: Api })
    }

    #[test]
    fn tools_hold_for_the_subtree() {
        let mut client = client();
        for path in ["/", "/api/prices", "/nothing"] {
            let answer = client.get(path);
            assert!(answer.header("x-request-id").is_some(), "{path}");
            answer.assert_header("x-content-type-options", "nosniff");
        }
    }

    #[test]
    fn a_page_has_tools_of_its_own() {
        let mut client = client();
        for _ in 0..5 {
            client.post_form("/order", [("n", "1")]).assert_status(200);
        }
        client.post_form("/order", [("n", "1")]).assert_status(429);
        client.get("/").assert_status(200);
    }

    #[test]
    fn a_tool_is_off_where_it_is_turned_off() {
        let mut client = client();
        let asked = client.request("POST".parse().unwrap(), "/order");
        asked
            .header("origin", "https://evil.example")
            .send()
            .assert_status(403);
        let asked = client.request("GET".parse().unwrap(), "/api/prices");
        let answer = asked.header("origin", "https://partner.example").send();
        answer.assert_header("access-control-allow-origin", "https://partner.example");
    }
}
