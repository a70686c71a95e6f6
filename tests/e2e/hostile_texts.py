"""Text that wants to be more than text."""

TEXTS = [
    "![x](https://evil.example/a.png)", "[a](https://evil.example)", "$\\int_a^b$",
    ":red[a]", ":material/home:", ":smile:", "<img src=https://evil.example/b.png>",
    "**b** _i_ ~~d~~", "# head", "https://evil.example", "a@evil.example", "&lt;b&gt;",
    ":rainbow[x] :red-background[y]", "- [ ] task", "-> <- -- >=", "www.evil.example",
    "`code`",
]  # fmt: skip
