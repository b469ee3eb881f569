//! What an error page shows, and what it never does.

use proptest::prelude::*;

use super::*;

fn plain(status: u16, words: &str) -> View<'_> {
    View {
        status: StatusCode::from_u16(status).unwrap(),
        words,
        detail: None,
    }
}

fn detailed<'a>(words: &'a str, text: &'a str) -> View<'a> {
    let route = RouteDetail {
        method: text,
        template: text,
        page: text,
        source: text.to_owned(),
    };
    let headers = vec![
        ("Accept", text.as_bytes()),
        ("Cookie", b"sid=hunter2"),
        ("Authorization", b"Basic hunter2"),
    ];
    let detail = Detail {
        causes: vec![text.to_owned(), text.to_owned()],
        route: Some(route),
        belt: vec![text.to_owned()],
        request: RequestDetail {
            method: text,
            target: text,
            headers,
        },
    };
    View {
        detail: Some(detail),
        ..plain(500, words)
    }
}

fn json(view: &View<'_>) -> serde_json::Value {
    serde_json::from_str(&problem_json(view)).expect("JSON")
}

#[test]
fn a_page_says_its_status_and_its_words() {
    let page = html(&plain(404, "no such note"));
    assert!(page.contains("<title>404 Not Found</title>"));
    assert!(page.contains("<b>404</b> Not Found"));
    assert!(page.contains(">no such note</p>"));
}

#[test]
fn a_status_without_a_name_has_a_title_too() {
    assert!(html(&plain(499, "")).contains("<title>499 Error</title>"));
    assert_eq!(json(&plain(599, ""))["title"], "Error");
}

#[test]
fn words_cannot_leave_their_place() {
    let page = html(&plain(
        400,
        "</p><script>alert(\"1\")</script> & 'x' %(x)s {x}",
    ));
    assert!(page.contains(
        "&lt;/p&gt;&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;x&#39; %(x)s {x}"
    ));
    assert!(!page.contains("<script"));
}

#[test]
fn a_page_loads_nothing_and_names_nobody() {
    for page in [html(&plain(500, "x")), html(&detailed("x", "y"))] {
        for word in [
            "url(",
            "@import",
            "src=",
            "href",
            "http",
            "irsch",
            "actix",
            "rust",
            env!("CARGO_PKG_VERSION"),
        ] {
            assert!(!page.contains(word), "{word}");
        }
    }
}

#[test]
fn without_detail_nothing_of_it_is_shown() {
    let page = html(&plain(500, "x"));
    assert!(!page.contains("<section"));
    assert!(!page.contains("development"));
    assert_eq!(
        problem_json(&plain(404, "gone \"fishing\"")),
        r#"{"type":"about:blank","title":"Not Found","status":404,"detail":"gone \"fishing\""}"#
    );
}

#[test]
fn in_development_everything_but_credentials_is_shown() {
    let page = html(&detailed("x", "what-i-look-for"));
    assert_eq!(page.matches("what-i-look-for").count(), 10);
    assert!(page.contains("<dt>Cookie</dt><dd><i>hidden</i></dd>"));
    assert!(!page.contains("hunter2"));
    let problem = problem_json(&detailed("x", "what-i-look-for"));
    assert!(problem.ends_with(r#""causes":["what-i-look-for","what-i-look-for"]}"#));
    assert!(!problem.contains("hunter2"));
}

#[test]
fn a_long_text_is_cut_between_characters() {
    let words = "é".repeat(500_000);
    assert!(html(&plain(400, &words)).len() < 16 * 1024);
    assert!(html(&plain(400, &words)).contains("é …</p>"));
    assert!(problem_json(&plain(400, &words)).len() < 9 * 1024);
    assert!(html(&detailed(&words, &words)).len() < 128 * 1024);
}

#[test]
fn a_thousand_causes_are_not_all_shown() {
    let mut view = detailed("x", "y");
    if let Some(detail) = &mut view.detail {
        detail.causes = vec!["z".to_owned(); 1000];
    }
    assert_eq!(html(&view).matches("<li>z</li>").count(), MOST_ENTRIES);
    assert_eq!(
        json(&view)["causes"].as_array().map(Vec::len),
        Some(MOST_ENTRIES)
    );
}

proptest! {
    #[test]
    fn no_text_makes_a_tag_or_breaks_the_json(words in ".*", text in "([<>&\"'?@=]|.)*") {
        let tags = |view: &View<'_>| html(view).matches('<').count();
        prop_assert_eq!(tags(&plain(400, &words)), tags(&plain(400, "x")));
        prop_assert_eq!(tags(&detailed(&words, &text)), tags(&detailed("x", "x")));
        let problem = json(&detailed(&words, &text));
        prop_assert_eq!(problem["detail"].as_str(), Some(words.as_str()));
    }
}
