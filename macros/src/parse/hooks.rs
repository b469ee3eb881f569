//! `#[tool] impl`: the hooks of a tool.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Expr, FnArg, ReceiverKind, Type};

use super::Read;
use super::block::{Function, Member, members};
use super::keys::Keys;
use crate::mistakes::{Mistake, Mistakes};
use crate::model::{Hook, Hooks};
use crate::names::suggestion;
use crate::words::{Word, take};

/// The points, as methods are named for them, and as the framework's type names them.
pub(crate) const POINTS: [(&str, &str); 9] = [
    ("on_start_resource", "OnStartResource"),
    ("before_request_body", "BeforeRequestBody"),
    ("before_handler", "BeforeHandler"),
    ("before_finalize", "BeforeFinalize"),
    ("on_end_resource", "OnEndResource"),
    ("before_error_response", "BeforeErrorResponse"),
    ("after_error_response", "AfterErrorResponse"),
    ("on_leave", "OnLeave"),
    ("on_end_request", "OnEndRequest"),
];

/// What else a tool may do.
const AROUND: &str = "around_handler";
const PREPARE: &str = "prepare";
const IDLE: &str = "is_idle";

/// Reads the block; `None` when even its head cannot be read.
pub(crate) fn hooks(
    arguments: TokenStream,
    item: TokenStream,
    mistakes: &mut Mistakes,
) -> Option<Read<Hooks>> {
    if let Some(argument) = arguments.into_iter().next() {
        mistakes.add(
            Mistake::at(argument, "`#[tool]` takes no arguments on the `impl` block")
                .help("what it says of the whole tool stands above the struct"),
        );
    }
    let (mut head, body) = mistakes.sort(members(item))?;
    for written in take(&mut head.attrs) {
        mistakes.add(written.word.misplaced(&written.attr));
    }
    let mut model = Hooks {
        self_ty: (*head.self_ty).clone(),
        points: Vec::new(),
        around: false,
        prepare: false,
        idle: false,
    };
    if let Some((of, _)) = &head.trait_ {
        mistakes.add(
            Mistake::at(
                of,
                "the hooks of a tool are its own methods, not those of a trait",
            )
            .help("write `#[tool] impl Name { … }`"),
        );
    }
    for member in &body.members {
        match member {
            Member::Function(function) => {
                mistakes.sort(hook(function, &mut model));
            }
            Member::Other(other) => mistakes.add(
                Mistake::at(other, "only hooks stand in this block")
                    .help("move this to an ordinary `impl` block, where helpers live"),
            ),
        }
    }
    if !mistakes.any() && model.points.is_empty() && !model.around {
        mistakes.add(
            Mistake::at(&head.self_ty, "this block has no hook, so the tool is never asked")
                .help("write a method that is named for a hook point: `fn before_handler(&self, x: &mut Exchange) { … }`"),
        );
    }
    head.items = vec![syn::ImplItem::Verbatim(body.into_token_stream())];
    // What could be read stands, so that one mistake does not make the whole tool unknown.
    Some(Read {
        item: head.into_token_stream(),
        model: Some(model),
    })
}

fn hook(function: &Function, model: &mut Hooks) -> syn::Result<()> {
    let ident = &function.sig.ident;
    let name = ident.to_string();
    let words = words(function)?;
    if name == PREPARE || name == AROUND || name == IDLE {
        only_a_point_has_words(function, &name)?;
        return match &*name {
            PREPARE => prepare(function).map(|()| model.prepare = true),
            IDLE => idle(function).map(|()| model.idle = true),
            _ => around(function).map(|()| model.around = true),
        };
    }
    let Some((_, point)) = POINTS.iter().find(|(known, _)| *known == name) else {
        let known = POINTS.map(|(known, _)| known);
        let known: Vec<_> = known.into_iter().chain([AROUND, PREPARE, IDLE]).collect();
        return Mistake::at(ident, format!("`{name}` is no hook point"))
            .help(suggestion(&name, &known))
            .note("helpers live in an ordinary `impl` block")
            .refuse();
    };
    shared(function)?;
    let wait = function.sig.asyncness.map_or("", |_| "async ");
    takes(
        function,
        2,
        &format!("{wait}fn {name}(&self, x: &mut Exchange)"),
    )?;
    model.points.push(Hook {
        cfgs: super::conditions(&function.attrs),
        ident: ident.clone(),
        point: (*point).to_owned(),
        priority: words.priority,
        failsafe: words.failsafe,
        waits: function.sig.asyncness.is_some(),
    });
    Ok(())
}

/// What `#[hook]` says.
#[derive(Default)]
struct HookWords {
    priority: Option<Expr>,
    failsafe: bool,
}

fn words(function: &Function) -> syn::Result<HookWords> {
    let mut words = None;
    for written in &function.words {
        match written.word {
            Word::Hook if words.is_some() => {
                return Mistake::at(&written.attr, "`#[hook]` stands twice above this method")
                    .help(
                        "remove one of the two; one takes both: `#[hook(priority = 5, failsafe)]`",
                    )
                    .refuse();
            }
            Word::Hook => {
                let mut keys = Keys::of("hook", &written.attr, &["priority", "failsafe"])?;
                words = Some(HookWords {
                    priority: keys.expression("priority")?,
                    failsafe: keys.flag("failsafe")?.is_some(),
                });
            }
            word => return word.misplaced(&written.attr).refuse(),
        }
    }
    Ok(words.unwrap_or_default())
}

fn only_a_point_has_words(function: &Function, name: &str) -> syn::Result<()> {
    match function.words.first() {
        Some(written) => Mistake::at(
            &written.attr,
            format!("`#[hook]` says nothing of `{name}`, which is no hook point"),
        )
        .help("the order of tools around a page is that of their own priorities: `#[tool(priority = …)]`")
        .refuse(),
        None => Ok(()),
    }
}

fn prepare(function: &Function) -> syn::Result<()> {
    const FORM: &str = "fn prepare(&mut self, at: &mut Preparation<'_>)";
    if let Some(wait) = &function.sig.asyncness {
        return Mistake::at(wait, "`prepare` is called at start, where nothing waits")
            .help("remove `async`")
            .refuse();
    }
    match function.sig.receiver() {
        Some(receiver) if matches!(&receiver.kind, ReceiverKind::Reference(_, None, Some(_))) => {}
        Some(receiver) => {
            return Mistake::at(
                receiver,
                "`prepare` makes what the tool keeps, so it takes `&mut self`",
            )
            .help(format!("write `{FORM}`"))
            .refuse();
        }
        None => {
            let ident = &function.sig.ident;
            return Mistake::at(ident, "`prepare` does not take `&mut self`")
                .help(format!("write `{FORM}`"))
                .refuse();
        }
    }
    takes(function, 2, FORM)
}

fn around(function: &Function) -> syn::Result<()> {
    const FORM: &str =
        "async fn around_handler(&self, x: &mut Exchange, next: Next<'_>) -> Result<HttpResponse>";
    shared(function)?;
    if function.sig.asyncness.is_none() {
        return Mistake::at(
            &function.sig.ident,
            "a tool waits for the page that it is around",
        )
        .help(format!("write `{FORM}`"))
        .refuse();
    }
    takes(function, 3, FORM)
}

fn idle(function: &Function) -> syn::Result<()> {
    const FORM: &str = "fn is_idle(&self, point: Point) -> bool";
    if let Some(wait) = &function.sig.asyncness {
        return Mistake::at(wait, "`is_idle` is called at start, where nothing waits")
            .help("remove `async`")
            .refuse();
    }
    shared(function)?;
    if function.sig.inputs.len() == 2 {
        return Ok(());
    }
    let ident = &function.sig.ident;
    Mistake::at(ident, format!("`{ident}` is called with other arguments"))
        .help(format!("write `{FORM}`"))
        .refuse()
}

/// So many parameters, the second of which is lent.
fn takes(function: &Function, count: usize, form: &str) -> syn::Result<()> {
    let (ident, inputs) = (&function.sig.ident, &function.sig.inputs);
    let lent = inputs.iter().nth(1).is_some_and(
        |input| matches!(input, FnArg::Typed(typed) if matches!(*typed.ty, Type::Reference(_))),
    );
    if inputs.len() == count && lent {
        return Ok(());
    }
    Mistake::at(ident, format!("`{ident}` is called with other arguments"))
        .help(format!("write `{form}`"))
        .refuse()
}

/// Workers share a tool, so a hook can only look at it.
fn shared(function: &Function) -> syn::Result<()> {
    let ident = &function.sig.ident;
    match function.sig.receiver() {
        Some(receiver) => match &receiver.kind {
            ReceiverKind::Reference(_, None, None) => Ok(()),
            _ => Mistake::at(
                receiver,
                "many requests share a tool, so no hook has it for itself",
            )
            .help("write `&self`, and keep what changes in a `Mutex` or an atomic")
            .refuse(),
        },
        None => Mistake::at(ident, format!("`{ident}` does not take `&self`"))
            .help(format!("write `fn {ident}(&self, x: &mut Exchange)`"))
            .refuse(),
    }
}
