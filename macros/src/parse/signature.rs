//! Which signatures a method of an exposed block may have.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{FnArg, Receiver, ReceiverKind, ReturnType, Safety, Signature};

use crate::mistakes::{Mistake, Mistakes};
use crate::model::{Kind, mentions_impl};

/// What holds for pages, children and error pages alike.
pub(super) fn sound(sig: &Signature) -> syn::Result<()> {
    let mut mistakes = Mistakes::default();
    mistakes.sort(shared_receiver(sig));
    mistakes.sort(no_qualifiers(sig));
    mistakes.sort(no_generics(sig));
    mistakes.sort(no_impl_parameters(sig));
    mistakes.or(())
}

/// Workers answer many requests with one node, so a page can only look at it.
fn shared_receiver(sig: &Signature) -> syn::Result<()> {
    let Some(receiver) = sig.receiver() else {
        return Mistake::at(&sig.ident, format!("`{}` does not take `&self`", sig.ident))
            .help(format!(
                "write `fn {}(&self, …)`, or move it to an ordinary `impl` block if it is a helper",
                sig.ident
            ))
            .refuse();
    };
    match &receiver.kind {
        ReceiverKind::Reference(_, None, None) => Ok(()),
        ReceiverKind::Reference(_, _, Some(_)) => Mistake::at(
            receiver,
            "many requests share a node, so no page has it for itself",
        )
        .help("write `&self`, and keep what changes in a `Mutex`, an atomic or a database")
        .refuse(),
        _ => other_receiver(receiver),
    }
}

fn other_receiver(receiver: &Receiver) -> syn::Result<()> {
    Mistake::at(
        receiver,
        "many requests share a node, so every method of this block borrows it",
    )
    .help("write `&self`")
    .refuse()
}

fn no_qualifiers(sig: &Signature) -> syn::Result<()> {
    let mut mistakes = Mistakes::default();
    let mut refuse = |tokens: TokenStream| {
        mistakes.add(
            Mistake::at(&tokens, format!("a page cannot be `{tokens}`"))
                .help(format!("remove `{tokens}`")),
        );
    };
    if let Some(constness) = &sig.constness {
        refuse(constness.to_token_stream());
    }
    if let Safety::Unsafe(unsafety) = &sig.safety {
        refuse(unsafety.to_token_stream());
    }
    if let Some(abi) = &sig.abi {
        refuse(abi.to_token_stream());
    }
    if let Some(variadic) = &sig.variadic {
        refuse(variadic.dots.to_token_stream());
    }
    mistakes.or(())
}

fn no_generics(sig: &Signature) -> syn::Result<()> {
    if sig.generics.params.is_empty() {
        return Ok(());
    }
    Mistake::at(
        &sig.generics,
        "a page has no generics: a request cannot say which types it means",
    )
    .help("write the types out, or make the struct generic: `impl<T> Node<T>`")
    .refuse()
}

fn no_impl_parameters(sig: &Signature) -> syn::Result<()> {
    let mut mistakes = Mistakes::default();
    for input in &sig.inputs {
        let FnArg::Typed(typed) = input else { continue };
        if mentions_impl(&typed.ty) {
            mistakes.add(
                Mistake::at(&typed.ty, "a request cannot say which type it means")
                    .help("write the type out: `String`, `u64` …"),
            );
        }
    }
    mistakes.or(())
}

/// What holds for the answer.
pub(super) fn answer(sig: &Signature, kind: &Kind) -> syn::Result<()> {
    let Kind::Child { .. } = kind else {
        return Ok(());
    };
    match &sig.output {
        ReturnType::Default => Mistake::at(
            &sig.ident,
            "a child method answers with a node, and this one with nothing",
        )
        .help(format!(
            "write `fn {}(…) -> Node`, or `-> Result<Node>`",
            sig.ident
        ))
        .refuse(),
        ReturnType::Type(_, ty) if mentions_impl(ty) => Mistake::at(
            ty,
            "the pages of a child are found by its type, which `impl` hides",
        )
        .help("name the child's type")
        .refuse(),
        ReturnType::Type(..) => Ok(()),
    }
}
