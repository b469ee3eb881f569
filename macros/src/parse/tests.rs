//! What is read from sound items.

use quote::{ToTokens, quote};

use super::*;
use crate::mistakes::Mistakes;
use crate::model::{Block, Kind, Node, Page, Place, Source, Verb};

#[track_caller]
fn read_block(arguments: TokenStream, item: TokenStream) -> Read<Block> {
    let mut mistakes = Mistakes::default();
    let options = Options::read(arguments, &mut mistakes);
    let read = block(item, &options, &mut mistakes);
    mistakes.or(()).expect("the block is sound");
    read.expect("the block can be read")
}

/// The only method of a block around `method`.
#[track_caller]
fn read_method(method: &TokenStream) -> crate::model::Method {
    let read = read_block(quote!(), quote!(impl Root { #method }));
    let mut methods = read.model.expect("a sound block has a model").methods;
    methods.pop().expect("there is one method")
}

#[track_caller]
fn read_page(method: &TokenStream) -> Page {
    let Kind::Page(page) = read_method(method).kind else {
        panic!("this is a page")
    };
    page
}

#[track_caller]
fn read_node(item: TokenStream) -> Read<Node> {
    let mut mistakes = Mistakes::default();
    let read = node(item, &Options::default(), &mut mistakes);
    mistakes.or(()).expect("the struct is sound");
    read.expect("the struct can be read")
}

#[test]
fn a_page_without_a_verb_answers_get_at_its_name() {
    let page = read_page(&quote!(
        fn hello(&self, name: String) -> String {
            name
        }
    ));
    assert_eq!(page.verbs, [Verb::Get]);
    let Place::Named { path, leftovers } = page.place else {
        panic!("a name of its own")
    };
    assert_eq!((path.to_string().as_str(), leftovers), ("hello", true));
}

#[test]
fn one_path_serves_all_verbs_of_a_page() {
    let page = read_page(&quote!(
        #[get(path = "user/{id}")]
        #[post]
        fn user(&self, id: u64) {}
    ));
    assert_eq!(page.verbs, [Verb::Get, Verb::Post]);
    let Place::Named { path, leftovers } = page.place else {
        panic!("a path of its own")
    };
    assert_eq!((path.to_string().as_str(), leftovers), ("user/{id}", false));
}

#[test]
fn an_empty_path_is_the_node_itself() {
    let page = read_page(&quote!(
        #[post(path = "")]
        fn create(&self) {}
    ));
    assert!(matches!(page.place, Place::Index));
}

#[test]
fn index_and_default_are_places_by_name_or_by_word() {
    assert!(matches!(
        read_page(&quote!(
            fn index(&self) {}
        ))
        .place,
        Place::Index
    ));
    assert!(matches!(
        read_page(&quote!(
            fn default(&self) {}
        ))
        .place,
        Place::Default
    ));
    assert!(matches!(
        read_page(&quote!(
            #[default]
            fn other(&self) {}
        ))
        .place,
        Place::Default
    ));
}

#[test]
fn methods_of_a_resource_are_its_verbs() {
    let read = read_block(quote!(resource), quote!(impl Note { fn put(&self) {} }));
    let Kind::Page(page) = &read.model.expect("a model").methods[0].kind else {
        panic!("this is a page")
    };
    assert_eq!(page.verbs, [Verb::Put]);
    assert!(matches!(page.place, Place::Own));
}

#[test]
fn rename_all_spells_names_and_leaves_paths_alone() {
    let item =
        quote!(impl Root { fn all_notes(&self) {} #[get(path = "as_it_is")] fn other(&self) {} });
    let methods = read_block(quote!(rename_all = "kebab-case"), item)
        .model
        .expect("a model")
        .methods;
    let paths = methods.iter().map(|method| match &method.kind {
        Kind::Page(Page {
            place: Place::Named { path, .. },
            ..
        }) => path.to_string(),
        _ => panic!("these are pages"),
    });
    assert_eq!(paths.collect::<Vec<_>>(), ["all-notes", "as_it_is"]);
}

#[test]
fn raw_names_lose_their_mark() {
    let Place::Named { path, .. } = read_page(&quote!(
        fn r#type(&self) {}
    ))
    .place
    else {
        panic!("a name of its own")
    };
    assert_eq!(path.to_string(), "type");
}

#[test]
fn a_parameter_is_bound_by_its_name_or_by_the_one_it_is_given() {
    let params = read_method(&quote! {
        fn page(&self, _unused: u8, mut r#type: u8, #[arg(name = "user-id", query)] id: u8, Json(note): Json<Note>, left: Rest) {}
    })
    .params;
    let bound: Vec<_> = params
        .iter()
        .map(|param| (param.name.as_str(), param.source))
        .collect();
    let expected = [
        ("unused", Source::Any),
        ("type", Source::Any),
        ("user-id", Source::Query),
        ("", Source::Any),
        ("left", Source::Rest),
    ];
    assert_eq!(bound, expected);
}

#[test]
fn the_reference_of_an_error_page_is_the_error() {
    let params = read_method(&quote!(
        #[error_page(default)]
        fn lost(&self, host: Host, error: &Error) {}
    ))
    .params;
    let errors: Vec<_> = params.iter().map(|param| param.is_error).collect();
    assert_eq!(errors, [false, true]);
}

#[test]
fn a_half_typed_body_is_kept_as_it_is() {
    let read = read_block(
        quote!(),
        quote!(impl Root { fn index(&self) -> String { self.greeting. } }),
    );
    let expected = quote!(impl Root { fn index(&self) -> String { self.greeting. } });
    assert_eq!(read.item.to_string(), expected.to_string());
}

#[test]
fn only_the_framework_s_words_are_taken_out() {
    let item = quote! {
        #[cfg(unix)]
        impl<T> Root<T> where T: Send {
            #![allow(dead_code)]
            /// Documented.
            #[inline]
            #[kirsch::post]
            #[arbitrary::get]
            pub fn save(&self, #[arg(form)] #[allow(unused)] text: String) {}
        }
    };
    let expected = quote! {
        #[cfg(unix)]
        impl<T> Root<T> where T: Send {
            #![allow(dead_code)]
            /// Documented.
            #[inline]
            #[arbitrary::get]
            pub fn save(&self, #[allow(unused)] text: String) {}
        }
    };
    assert_eq!(
        read_block(quote!(), item).item.to_string(),
        expected.to_string()
    );
}

#[test]
fn the_first_paragraph_of_the_documentation_is_kept_in_one_line() {
    let method = read_method(&quote! {
        /// All notes,
        /// newest first.
        ///
        /// More about them.
        fn index(&self) {}
    });
    assert_eq!(method.doc, "All notes, newest first.");
}

#[test]
fn fields_are_children_at_their_name_or_path() {
    let read = read_node(quote! {
        struct Root {
            #[cfg(unix)]
            #[child]
            notes: Notes,
            #[child(path = "static/css")]
            styles: StaticDir,
            state: u8,
        }
    });
    let fields = read.model.expect("a model").fields;
    let paths: Vec<_> = fields
        .iter()
        .map(|field| (field.path.to_string(), field.cfgs.len()))
        .collect();
    assert_eq!(
        paths,
        [("notes".to_owned(), 1), ("static/css".to_owned(), 0)]
    );
    assert!(!read.item.to_string().contains("child"));
}

#[test]
fn a_field_without_a_name_is_linked_by_its_path_if_that_is_a_name() {
    let fields = read_node(quote!(
        struct Root(#[child(path = "a/b")] A, #[child(path = "c.html")] C);
    ))
    .model;
    let names = fields
        .expect("a model")
        .fields
        .iter()
        .map(|field| field.name.to_token_stream().to_string())
        .collect::<Vec<_>>();
    assert_eq!(names, ["a_b", "field_1"]);
}
