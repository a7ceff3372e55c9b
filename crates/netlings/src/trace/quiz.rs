//! `--quiz`: which state comes next?

use wirelab::TcpState;

/// How many answers were right.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Score {
    pub(crate) right: u32,
    pub(crate) asked: u32,
}

/// The state that was typed: as RFC 9293 writes it, or as people and systems do (`syn_recv`,
/// `estab`, `fin wait 1`).
pub(crate) fn state_of(typed: &str) -> Option<TcpState> {
    let letters = |text: &str| -> String {
        text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_uppercase()
    };
    let typed = letters(typed);
    let state = TcpState::ALL.into_iter().find(|state| letters(state.name()) == typed);
    state.or(match typed.as_str() {
        "SYNRECV" | "SYNRCVD" => Some(TcpState::SynReceived),
        "ESTAB" => Some(TcpState::Established),
        "CLOSE" => Some(TcpState::Closed),
        _ => None,
    })
}

/// All names, for somebody who asks.
pub(crate) fn names() -> String {
    TcpState::ALL.map(TcpState::name).join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_may_be_typed_in_any_of_its_spellings() {
        for state in TcpState::ALL {
            assert_eq!(state_of(state.name()), Some(state));
            let lower = state.name().to_ascii_lowercase().replace('-', "_");
            assert_eq!(state_of(&lower), Some(state));
        }
        assert_eq!(state_of(" fin wait 1 "), Some(TcpState::FinWait1));
        assert_eq!(state_of("SYN_RECV"), Some(TcpState::SynReceived));
        assert_eq!(state_of("ESTAB"), Some(TcpState::Established));
        assert_eq!(state_of("FIN"), None);
        assert_eq!(state_of(""), None);
    }
}
