//! All mistakes are shown in one build.
use kirsch::prelude::*;

#[expose]
struct Root;

#[expose]
impl Root {
    #[get(pth = "a")]
    fn a(&self) -> &'static str {
        "a"
    }

    fn b(&mut self) -> &'static str {
        "b"
    }

    #[error_page(200)]
    fn c(&self, #[arg(defualt = 1)] number: u32) -> String {
        number.to_string()
    }
}

fn main() {}
