# Lists the recipes
default:
    @just --list

# Everything that CI runs: format, lint, tests, skeletons, the course's own gate, a short flaky run
ci: fmt-check lint test skeletons-check verify (flaky "3" "1")

# Formats all Rust code
fmt:
    cargo fmt --all

# Fails where `just fmt` would change something
fmt-check:
    cargo fmt --all --check

# Clippy over everything, skeletons and also-rights included; warnings are errors
lint:
    cargo clippy --workspace --all-targets -- -D warnings

# Tests the crates, and grades the solutions with the checks that grade students
test:
    cargo test
    cargo test --package cell --package classroom

# Writes the exercises' skeletons from the marked solutions
skeletons:
    cargo run --quiet -p netlings -- skeletons

# Fails where `just skeletons` would change something
skeletons-check:
    cargo run --quiet -p netlings -- skeletons --check

# Records the scenarios on kernels and simulated, and writes docs/wire-scenarios.md from that
recordings:
    cargo run --quiet -p netlings -- recordings

# The course's own gate: skeletons, solutions, mistakes, also-rights; all lessons or those named
verify *LESSONS:
    cargo run --quiet -p netlings -- verify {{LESSONS}}

# Grades each solution N times and each mistake MISTAKES (or N) times under load; a difference is an error
flaky N="20" MISTAKES=N *OPTIONS:
    cargo run --quiet -p netlings -- flaky --solutions {{N}} --mistakes {{MISTAKES}} {{OPTIONS}}

# Measures, each figure beside its reference in the same run; NAME chooses some of the course's
bench *NAME:
    cargo bench --quiet -p netlings --bench course -- {{NAME}}
    {{ if NAME == "" { "just bench-wire" } else { "" } }}
    {{ if NAME == "" { "just bench-class" } else { "" } }}

# Measures the wire between real kernels beside the kernel's own, as you, in a user namespace, and, if you are root, as an ordinary user
bench-wire:
    cargo bench --quiet -p wirelab --bench wire

# Measures how a class is graded, as `cargo class` does it; --students 2000 for how it grows up to that
bench-class *OPTIONS:
    cargo bench --quiet --profile dev -p classroom --bench class -- {{OPTIONS}}

# Grades a made-up class of all lessons twice under load, in parts and as a whole, and compares each check
class-under-load STUDENTS="1000" SEED="1":
    .ci/class-under-load {{STUDENTS}} {{SEED}}

# Runs the wire's tests N times, some at once, under load: as root and as an ordinary user, or as you
wire-under-load N="20" AT_ONCE="4":
    .ci/wire-under-load {{N}} {{AT_ONCE}}

# Kills a class's grading at each step of writing and at KILLS moments by chance, and goes on each time
class-killed KILLS="100" SEED="1":
    NETLINGS_KILLS={{KILLS}} NETLINGS_SEED={{SEED}} cargo test -p classroom --test killed -- --nocapture

# Grades STUDENTS as PARTS of an array job on a Slurm of two nodes on this machine, and kills one
slurm-two-nodes STUDENTS="100" PARTS="8":
    .ci/slurm-two-nodes {{STUDENTS}} {{PARTS}}

# Type-checks all of it for Windows and macOS (first `rustup target add` both); nothing is run there
check-elsewhere:
    RUSTFLAGS="-D warnings" cargo check --workspace --all-targets --target x86_64-pc-windows-gnu
    RUSTFLAGS="-D warnings" cargo check --workspace --all-targets --target x86_64-apple-darwin
