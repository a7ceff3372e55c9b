//! `netlings doctor`: which tier of hosts this machine gives, why not more, and what to do.

use colored::Color;
use wirelab::{Tier, probe};

use crate::ending::PASSED;
use crate::screen::Screen;
use crate::words::doctor as words;

/// Tries what there is, says how it went, and gives the exit code. A machine that gives little is
/// no error.
pub(crate) fn run(screen: &Screen) -> u8 {
    let capability = probe();
    screen.paragraph("", words::TITLE, 0);
    screen.gap();
    match &capability.kernel {
        Ok(kernel) => {
            row(screen, true, Tier::Kernel, &words::kernel(kernel));
            if let Some(refusal) = &kernel.no_tap {
                screen.paragraph(&" ".repeat(INDENT), &words::no_tap(kernel.port, refusal), INDENT);
            }
        }
        Err(refusal) => row(screen, false, Tier::Kernel, &words::no_kernel(refusal)),
    }
    row(screen, true, Tier::Simulated, words::SIMULATED);
    match &capability.observing {
        Ok(()) => row(screen, true, Tier::Observing, words::OBSERVING),
        Err(refusal) => {
            let text = words::no_observing(refusal, capability.kernel.is_ok());
            row(screen, false, Tier::Observing, &text);
        }
    }
    screen.gap();
    let uses = match capability.best() {
        Tier::Kernel => words::USES_KERNEL,
        // The simulation is always there, and comes first.
        Tier::Simulated | Tier::Observing => words::USES_SIMULATED,
    };
    screen.paragraph("", uses, 0);
    PASSED
}

/// Columns before the text of a row.
const INDENT: usize = 15;

fn row(screen: &Screen, is_there: bool, tier: Tier, text: &str) {
    let (mark, color) = if is_there { ("✓", Color::Green) } else { ("✗", Color::Red) };
    let head = format!("  {mark} {:10} ", tier.name());
    for (number, row) in
        grader::layout::wrapped(&head, text, screen.look.width, INDENT).iter().enumerate()
    {
        match number {
            0 => screen.line(row.replacen(mark, &screen.look.paint(mark, color), 1)),
            _ => screen.line(row),
        }
    }
}
