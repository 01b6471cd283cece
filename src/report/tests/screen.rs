//! A terminal of 80 columns that remembers what is on it.

use std::io;
use std::sync::{Arc, Mutex};

use indicatif::TermLike;

#[derive(Debug, Clone, Default)]
pub(super) struct Screen(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    rows: Vec<Vec<char>>,
    row: usize,
    column: usize,
}

impl Screen {
    /// What is on it, without the spinner, which turns by the clock.
    pub(super) fn text(&self) -> String {
        let state = self.0.lock().unwrap();
        let rows = state.rows.iter().map(|row| row.iter().collect::<String>());
        let rows: Vec<String> = rows
            .map(|row| {
                row.trim_end()
                    .trim_start_matches(|c| ('\u{2800}'..='\u{28ff}').contains(&c))
                    .to_owned()
            })
            .filter(|row| !row.is_empty())
            .collect();
        rows.join("\n")
    }

    fn change(&self, act: impl FnOnce(&mut State)) {
        act(&mut self.0.lock().unwrap());
    }
}

impl State {
    fn put(&mut self, c: char) {
        if c == '\n' {
            self.row += 1;
            self.column = 0;
            return;
        }
        if c == '\r' {
            self.column = 0;
            return;
        }
        if self.column == 80 {
            self.row += 1;
            self.column = 0;
        }
        let height = self.rows.len().max(self.row + 1);
        self.rows.resize(height, Vec::new());
        let row = &mut self.rows[self.row];
        row.resize(row.len().max(self.column + 1), ' ');
        row[self.column] = c;
        self.column += 1;
    }
}

impl TermLike for Screen {
    fn width(&self) -> u16 {
        80
    }

    fn move_cursor_up(&self, n: usize) -> io::Result<()> {
        self.change(|state| state.row -= n);
        Ok(())
    }

    fn move_cursor_down(&self, n: usize) -> io::Result<()> {
        self.change(|state| state.row += n);
        Ok(())
    }

    fn move_cursor_right(&self, n: usize) -> io::Result<()> {
        self.change(|state| state.column += n);
        Ok(())
    }

    fn move_cursor_left(&self, n: usize) -> io::Result<()> {
        self.change(|state| state.column -= n);
        Ok(())
    }

    fn write_line(&self, s: &str) -> io::Result<()> {
        self.write_str(s)?;
        self.write_str("\n")
    }

    fn write_str(&self, s: &str) -> io::Result<()> {
        let text = console::strip_ansi_codes(s).into_owned();
        self.change(|state| text.chars().for_each(|c| state.put(c)));
        Ok(())
    }

    fn clear_line(&self) -> io::Result<()> {
        self.change(|state| {
            let row = state.row;
            state.column = 0;
            if let Some(row) = state.rows.get_mut(row) {
                row.clear();
            }
        });
        Ok(())
    }

    fn flush(&self) -> io::Result<()> {
        Ok(())
    }
}
