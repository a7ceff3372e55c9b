//! The course's checks, one module a lesson.
