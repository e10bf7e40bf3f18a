//! One record of an XML file as a small tree, in a few vectors that are used again for the next one.

/// One record's elements, kept in a few vectors that are used again for the next record.
#[derive(Default)]
pub(crate) struct Tree {
    items: Vec<Item>,
    text: String,
    attributes: Vec<[(u32, u32); 2]>,
    open: Vec<u32>,
}

#[derive(Default)]
struct Item {
    name: (u32, u32),
    text: (u32, u32),
    attributes: (u32, u32),
    /// The item after the last descendant.
    end: u32,
    line: u64,
}

impl Tree {
    /// Elements so far.
    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    /// Bytes of names, attributes and text so far.
    pub(super) fn text_len(&self) -> usize {
        self.text.len()
    }

    pub(super) fn clear(&mut self) {
        self.items.clear();
        self.text.clear();
        self.attributes.clear();
        self.open.clear();
    }

    // Lengths stay below RECORD_LIMIT plus one unit, far below u32::MAX.
    fn mark(&self) -> u32 {
        u32::try_from(self.text.len()).unwrap_or(u32::MAX)
    }

    fn put(&mut self, text: &str) -> (u32, u32) {
        let start = self.mark();
        self.text.push_str(text);
        (start, self.mark())
    }

    pub(super) fn open(&mut self, name: &str, attributes: &[(String, String)], line: u64) {
        let name = self.put(name);
        let first = u32::try_from(self.attributes.len()).unwrap_or(u32::MAX);
        for (key, value) in attributes {
            let pair = [self.put(key), self.put(value)];
            self.attributes.push(pair);
        }
        let last = u32::try_from(self.attributes.len()).unwrap_or(u32::MAX);
        self.open.push(u32::try_from(self.items.len()).unwrap_or(u32::MAX));
        self.items.push(Item { name, text: (0, 0), attributes: (first, last), end: 0, line });
    }

    pub(super) fn close(&mut self) {
        let end = u32::try_from(self.items.len()).unwrap_or(u32::MAX);
        if let Some(item) = self.open.pop().and_then(|i| self.items.get_mut(i as usize)) {
            item.end = end;
        }
    }

    pub(super) fn push_char(&mut self, character: char) {
        self.push_text(character.encode_utf8(&mut [0; 4]));
    }

    pub(super) fn push_text(&mut self, text: &str) {
        let Some(&i) = self.open.last() else { return };
        let now = self.mark();
        let Some(item) = self.items.get_mut(i as usize) else {
            return;
        };
        if item.text == (0, 0) {
            item.text = (now, now);
        }
        // Text around child elements is joined at the end of the buffer; layout between them is no text.
        if item.text.1 != now {
            if text.trim().is_empty() {
                return;
            }
            let before = self.text.get(item.text.0 as usize..item.text.1 as usize).unwrap_or("").trim().to_owned();
            item.text.0 = now;
            self.text.push_str(&before);
            if !before.is_empty() {
                self.text.push(' ');
            }
        }
        self.text.push_str(text);
        item.text.1 = u32::try_from(self.text.len()).unwrap_or(u32::MAX);
    }

    /// The record's own element.
    pub(crate) fn root(&self) -> Node<'_> {
        Node { tree: self, index: 0 }
    }
}

/// An element of a tree.
#[derive(Clone, Copy)]
pub(crate) struct Node<'t> {
    tree: &'t Tree,
    index: u32,
}

impl<'t> Node<'t> {
    fn item(&self) -> Option<&'t Item> {
        self.tree.items.get(self.index as usize)
    }

    fn slice(&self, range: (u32, u32)) -> &'t str {
        self.tree.text.get(range.0 as usize..range.1 as usize).unwrap_or("")
    }

    /// Local name.
    pub(crate) fn name(&self) -> &'t str {
        self.item().map_or("", |item| self.slice(item.name))
    }

    /// Own text, trimmed; empty if there is none.
    pub(crate) fn text(&self) -> &'t str {
        self.item().map_or("", |item| self.slice(item.text).trim())
    }

    /// The line where it begins.
    pub(crate) fn line(&self) -> u64 {
        self.item().map_or(0, |item| item.line)
    }

    /// All attributes, names with their prefix.
    pub(crate) fn attributes(&self) -> impl Iterator<Item = (&'t str, &'t str)> + use<'t> {
        let node = *self;
        let (from, to) = self.item().map_or((0, 0), |item| item.attributes);
        let pairs = self.tree.attributes.get(from as usize..to as usize).unwrap_or(&[]);
        pairs.iter().map(move |[key, value]| (node.slice(*key), node.slice(*value)))
    }

    /// An attribute, trimmed; none if absent or empty.
    pub(crate) fn attribute(&self, name: &str) -> Option<&'t str> {
        self.attributes().find(|(key, _)| *key == name).map(|(_, value)| value.trim()).filter(|v| !v.is_empty())
    }

    /// Child elements in order.
    pub(crate) fn children(&self) -> impl Iterator<Item = Node<'t>> + use<'t> {
        let tree = self.tree;
        let end = self.item().map_or(0, |item| item.end);
        let mut next = self.index + 1;
        std::iter::from_fn(move || {
            if next >= end {
                return None;
            }
            let child = Node { tree, index: next };
            next = tree.items.get(next as usize)?.end.max(next + 1);
            Some(child)
        })
    }

    /// Child elements of a name.
    pub(crate) fn all(&self, name: &'static str) -> impl Iterator<Item = Node<'t>> + use<'t> {
        self.children().filter(move |child| child.name() == name)
    }

    /// The first child element of a name.
    pub(crate) fn child(&self, name: &'static str) -> Option<Node<'t>> {
        self.all(name).next()
    }

    /// Trimmed text of the first child of a name; empty if there is none.
    pub(crate) fn child_text(&self, name: &'static str) -> &'t str {
        self.child(name).map_or("", |child| child.text())
    }

    /// Trimmed text of the first child of a name; none if absent or empty.
    pub(crate) fn some_text(&self, name: &'static str) -> Option<&'t str> {
        Some(self.child_text(name)).filter(|text| !text.is_empty())
    }

    /// Whether it has neither text, nor attributes with a value, nor child elements that do.
    pub(crate) fn is_blank(&self) -> bool {
        self.text().is_empty()
            && self.attributes().all(|(_, v)| v.trim().is_empty())
            && self.children().all(|c| c.is_blank())
    }
}
