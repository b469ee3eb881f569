//! `#[tool]`: the options of a tool as setters and as a table, and its hooks as one `match`.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{GenericArgument, PathArguments, Type};

use crate::expand::table;
use crate::model::{Hooks, Tool, ToolOption};
use crate::paths::{place_of, private, private_at};

/// What a tool takes by its own type, so that rustc says of a wrong one what it says of any argument.
const EXACT: [&str; 20] = [
    "bool",
    "char",
    "f32",
    "f64",
    "i128",
    "i16",
    "i32",
    "i64",
    "i8",
    "isize",
    "u128",
    "u16",
    "u32",
    "u64",
    "u8",
    "usize",
    "Duration",
    "StatusCode",
    "Method",
    "SameSite",
];

/// The framework's type of functions as options.
const FUNCTION: &str = "Function";

pub(crate) fn tool(tool: &Tool) -> TokenStream {
    let parts = [
        switch(tool),
        default(tool),
        debug(tool),
        setters(tool),
        options(tool),
    ];
    parts.into_iter().collect()
}

/// The function that attributes name.
fn switch(tool: &Tool) -> TokenStream {
    let (vis, ident, doc) = (&tool.vis, &tool.ident, &tool.doc);
    let name = format_ident!("{}", tool.name, span = ident.span());
    let doc = (!doc.is_empty()).then(|| quote!(#[doc = #doc]));
    quote! {
        #doc
        #[must_use]
        #vis fn #name() -> #ident {
            ::core::default::Default::default()
        }
    }
}

fn default(tool: &Tool) -> TokenStream {
    let ident = &tool.ident;
    let options = tool.options.iter().map(|option| {
        let (name, ty) = (&option.ident, &option.ty);
        match &option.default {
            Some(default) if is_text(default) && !is_exact(ty) => {
                quote_spanned!(default.span()=> #name: <#ty as ::core::convert::From<_>>::from(#default))
            }
            Some(default) => quote!(#name: #default),
            None => quote_spanned!(ty.span()=> #name: ::core::default::Default::default()),
        }
    });
    let state = &tool.state;
    let value = if tool.is_unit {
        quote!(Self)
    } else {
        quote!(Self { #(#options,)* #(#state: ::core::default::Default::default(),)* })
    };
    let clone = (!derives(tool, "Clone")).then(|| clone(tool));
    let default = (!derives(tool, "Default")).then(|| {
        quote! {
            #[automatically_derived]
            impl ::core::default::Default for #ident {
                fn default() -> Self {
                    #value
                }
            }
        }
    });
    quote!(#default #clone)
}

fn clone(tool: &Tool) -> TokenStream {
    let ident = &tool.ident;
    let names = tool.options.iter().map(|option| &option.ident);
    let names: Vec<_> = names.chain(&tool.state).collect();
    let value = if tool.is_unit {
        quote!(Self)
    } else {
        quote!(Self { #(#names: ::core::clone::Clone::clone(&self.#names)),* })
    };
    quote! {
        #[automatically_derived]
        impl ::core::clone::Clone for #ident {
            fn clone(&self) -> Self {
                #value
            }
        }
    }
}

/// Options that are secret are shown to nobody.
fn debug(tool: &Tool) -> TokenStream {
    if derives(tool, "Debug") {
        return TokenStream::new();
    }
    let (ident, name) = (&tool.ident, tool.ident.to_string());
    let fields = tool.options.iter().map(|option| {
        let (label, field) = (&option.name, &option.ident);
        if option.secret {
            quote!(.field(#label, &"***"))
        } else {
            quote!(.field(#label, &self.#field))
        }
    });
    quote! {
        #[automatically_derived]
        impl ::core::fmt::Debug for #ident {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.debug_struct(#name)#(#fields)*.finish_non_exhaustive()
            }
        }
    }
}

fn setters(tool: &Tool) -> TokenStream {
    let (ident, vis) = (&tool.ident, &tool.vis);
    let setters = tool
        .options
        .iter()
        .filter(|option| !option.by_hand)
        .map(|option| setter(option, vis));
    quote! {
        #[allow(dead_code)]
        #[automatically_derived]
        impl #ident {
            #(#setters)*
        }
    }
}

fn setter(option: &ToolOption, vis: &syn::Visibility) -> TokenStream {
    let (name, field) = (&option.ident, &option.ident);
    let doc = if option.doc.is_empty() {
        format!("Sets `{}`.", option.name)
    } else {
        option.doc.clone()
    };
    let (given, value) = given(&option.ty);
    // How a function is called is found by the compiler.
    let kind = is_function(&option.ty).then(|| quote!(<__Kind>));
    quote! {
        #[doc = #doc]
        #[must_use]
        #vis fn #name #kind(mut self, value: #given) -> Self {
            self.#field = #value;
            self
        }
    }
}

/// What a setter takes, and how `value` becomes the field of it.
fn given(ty: &Type) -> (TokenStream, TokenStream) {
    if let Some([inner]) = arguments_of(ty, "Option").as_deref() {
        let (given, value) = given(inner);
        return (given, quote!(::core::option::Option::Some(#value)));
    }
    if let Some([item]) = arguments_of(ty, "Vec").as_deref() {
        let (item, value) = given(item);
        return (
            quote!(impl ::core::iter::IntoIterator<Item = #item>),
            quote!(value.into_iter().map(|value| #value).collect()),
        );
    }
    if let Some([key, item]) = arguments_of(ty, "BTreeMap").as_deref() {
        return (
            quote!(impl ::core::iter::IntoIterator<Item = (impl ::core::convert::Into<#key>, impl ::core::convert::Into<#item>)>),
            quote!(
                value
                    .into_iter()
                    .map(|(key, value)| (key.into(), value.into()))
                    .collect()
            ),
        );
    }
    if let Some([input, output]) = arguments_of(ty, FUNCTION).as_deref() {
        let private = private();
        return (
            quote!(impl #private::IntoFunction<#input, #output, __Kind>),
            quote!(#private::IntoFunction::into_function(value)),
        );
    }
    if is_exact(ty) {
        (quote!(#ty), quote!(value))
    } else {
        (
            quote!(impl ::core::convert::Into<#ty>),
            quote!(::core::convert::Into::into(value)),
        )
    }
}

/// An option that is a function, or an `Option` of one.
fn is_function(ty: &Type) -> bool {
    match arguments_of(ty, "Option").as_deref() {
        Some([inner]) => is_function(inner),
        _ => arguments_of(ty, FUNCTION).is_some(),
    }
}

/// `[T]` of `Name<T>`.
fn arguments_of(ty: &Type, name: &str) -> Option<Vec<Type>> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    let types = arguments.args.iter().filter_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty.clone()),
        _ => None,
    });
    (last.ident == name).then(|| types.collect())
}

fn is_exact(ty: &Type) -> bool {
    let Type::Path(path) = ty else { return false };
    let last = path.path.segments.last();
    last.is_some_and(|last| EXACT.iter().any(|name| last.ident == name))
}

fn is_text(expr: &syn::Expr) -> bool {
    matches!(expr, syn::Expr::Lit(literal) if matches!(literal.lit, syn::Lit::Str(_)))
}

fn derives(tool: &Tool, name: &str) -> bool {
    tool.derives.iter().any(|derived| derived == name)
}

/// The table, and the way from a number to an option.
fn options(tool: &Tool) -> TokenStream {
    let private = private();
    let (ident, name, doc) = (&tool.ident, &tool.name, &tool.doc);
    let source = table::source(ident.span());
    let priority = tool.priority.as_ref().map_or_else(
        || quote!(#private::DEFAULT_PRIORITY),
        ToTokens::to_token_stream,
    );
    let needs = tool.needs.as_ref();
    let needs = needs.map_or_else(|| quote!(&[]), |needs| quote!(&#needs));
    let rows = tool.options.iter().map(row);
    let sets = tool
        .options
        .iter()
        .enumerate()
        .map(|(at, option)| set(at, option));
    let shows = tool
        .options
        .iter()
        .enumerate()
        .map(|(at, option)| show(at, option));
    let asks = tool.options.iter().map(|option| {
        let field = &option.ident;
        quote!((&#private::AskProbe(&self.#field)).asks())
    });
    quote! {
        #[automatically_derived]
        #[diagnostic::do_not_recommend]
        impl #private::Options for #ident {
            const TABLE: &'static #private::ToolTable = &#private::ToolTable {
                name: #name,
                doc: #doc,
                priority: #priority,
                needs: #needs,
                options: &[#(#rows),*],
                source: #source,
            };

            fn set(&mut self, option: usize, raw: &#private::Raw) -> ::core::result::Result<(), #private::Refusal> {
                #[allow(unused_imports)]
                use #private::{ByCode, ByValue, ByWord};
                match option {
                    #(#sets)*
                    _ => ::core::result::Result::Ok(()),
                }
            }

            fn show(&self, option: usize) -> ::std::string::String {
                #[allow(unused_imports)]
                use #private::{ByCode, ByValue, ByWord};
                match option {
                    #(#shows)*
                    _ => ::std::string::String::new(),
                }
            }

            fn asks(&self) -> ::std::vec::Vec<&'static str> {
                #[allow(unused_imports)]
                use #private::{AsksNothing, AsksForNode};
                let all: &[::core::option::Option<&'static str>] = &[#(#asks),*];
                all.iter().copied().flatten().collect()
            }
        }

        #private::inventory::submit! {
            #private::Entry::of::<#ident>()
        }
    }
}

fn row(option: &ToolOption) -> TokenStream {
    let private = private();
    let ToolOption {
        name,
        doc,
        ty,
        required,
        secret,
        ..
    } = option;
    let type_name = table::readable(&quote!(#ty));
    quote! {
        #private::OptionRow { name: #name, doc: #doc, type_name: #type_name, required: #required, secret: #secret }
    }
}

fn set(at: usize, option: &ToolOption) -> TokenStream {
    let (field, ty) = (&option.ident, &option.ty);
    let private = private_at(ty.span());
    quote_spanned! {place_of(ty.span())=>
        #at => (&&&#private::OptionProbe::<#ty>::NEW).kind().set(&mut self.#field, raw),
    }
}

fn show(at: usize, option: &ToolOption) -> TokenStream {
    let (field, ty) = (&option.ident, &option.ty);
    if option.secret {
        return quote!(#at => ::std::string::String::from("***"),);
    }
    let private = private_at(ty.span());
    quote_spanned! {place_of(ty.span())=>
        #at => (&&&#private::OptionProbe::<#ty>::NEW).kind().show(&self.#field),
    }
}

pub(crate) fn hooks(hooks: &Hooks) -> TokenStream {
    let (private, ty) = (private(), &hooks.self_ty);
    let rows = hooks.points.iter().map(|hook| {
        let point = format_ident!("{}", hook.point);
        let priority = hook.priority.as_ref().map_or_else(
            || quote!(::core::option::Option::None),
            |priority| quote!(::core::option::Option::Some(#priority)),
        );
        let (failsafe, waits, cfgs) = (hook.failsafe, hook.waits, &hook.cfgs);
        quote! {
            #(#cfgs)*
            #private::HookRow { point: #private::Point::#point, priority: #priority, failsafe: #failsafe, waits: #waits }
        }
    });
    let arms = hooks.points.iter().map(|hook| {
        let (ident, cfgs) = (&hook.ident, &hook.cfgs);
        let point = format_ident!("{}", hook.point);
        let made = if hook.waits { "later" } else { "done" };
        // All of it stands at the method's name: that is where the compiler says what is wrong with it.
        let made = format_ident!("{made}", span = place_of(ident.span()));
        let there = private_at(ident.span());
        quote_spanned! {place_of(ident.span())=>
            #(#cfgs)*
            #private::Point::#point => #there::Step::#made(self.#ident(exchange)),
        }
    });
    let around = hooks.around.then(|| quote! {
        const IS_AROUND: bool = true;

        fn around<'kirsch>(&'kirsch self, exchange: &'kirsch mut #private::Exchange, next: #private::Next<'kirsch>) -> #private::Around<'kirsch> {
            ::std::boxed::Box::pin(self.around_handler(exchange, next))
        }
    });
    let prepare = hooks.prepare.then(|| {
        quote! {
            fn prepare(&mut self, at: &mut #private::Preparation<'_>) {
                Self::prepare(self, at);
            }
        }
    });
    let idle = hooks.idle.then(|| {
        quote! {
            fn is_idle(&self, point: #private::Point) -> bool {
                Self::is_idle(self, point)
            }
        }
    });
    let there = private_at(ty.span());
    let with_options = quote_spanned!(ty.span()=> #there::is_a_tool::<#ty>());
    quote! {
        const _: () = #with_options;

        #[automatically_derived]
        #[diagnostic::do_not_recommend]
        impl #private::Hooks for #ty {
            const HOOKS: &'static [#private::HookRow] = &[#(#rows),*];

            fn run<'kirsch>(&'kirsch self, point: #private::Point, exchange: &'kirsch mut #private::Exchange) -> #private::Step<'kirsch> {
                match point {
                    #(#arms)*
                    _ => #private::Step::Done(::core::result::Result::Ok(())),
                }
            }
            #around
            #prepare
            #idle
        }
    }
}
