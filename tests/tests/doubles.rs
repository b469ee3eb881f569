//! Two tools of one name, in a program of their own: no site of it starts.
#![forbid(unsafe_code)]

use kirsch::prelude::*;

mod one {
    use kirsch::prelude::*;

    #[tool]
    pub(crate) struct Audit;

    #[tool]
    impl Audit {
        fn before_handler(&self, _x: &mut Exchange) {}
    }
}

mod other {
    use kirsch::prelude::*;

    #[tool(name = "audit")]
    pub(crate) struct Another;

    #[tool]
    impl Another {
        fn before_handler(&self, _x: &mut Exchange) {}
    }
}

#[expose]
struct Root;

#[expose]
impl Root {
    #[tools(one::audit)]
    fn index(&self) -> &'static str {
        ""
    }

    #[tools(one::audit, other::audit)]
    fn both(&self) -> &'static str {
        ""
    }
}

#[test]
fn two_tools_of_one_name_are_refused_at_start() {
    let mistakes = Site::new(Root).ready().err().map(|all| all.to_string());
    let said = mistakes.unwrap_or_default();
    assert!(
        said.contains("two tools are named `audit`\nhelp: "),
        "{said}"
    );
    assert_eq!(said.matches("tests/doubles.rs:").count(), 3, "{said}");
}
