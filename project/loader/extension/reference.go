package extension

import (
	"fmt"
	"strings"
)

// Reference is the table in Markdown, for docs/x-mocker.md.
func Reference() string {
	var b strings.Builder
	b.WriteString("### At the top level\n\n")
	rows(&b, top(), "")
	b.WriteString("\n### In a service\n\n")
	rows(&b, service(), "")
	b.WriteString("\n### In a model\n\n")
	rows(&b, model(), "")
	return b.String()
}

func rows(b *strings.Builder, keys []Key, in string) {
	if in == "" {
		b.WriteString("| key | value | default | what it does |\n|---|---|---|---|\n")
	}
	for i := range keys {
		k := &keys[i]
		value := k.allowed() + "<br>`" + cell(k.Example) + "`"
		fmt.Fprintf(b, "| `%s%s` | %s | %s | %s |\n", in, k.Name, value, k.Default, cell(k.Doc))
		rows(b, k.Keys, in+k.Name+".")
	}
}

// cell keeps a text within its cell.
func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }

// allowed is what may be written, in words.
func (k *Key) allowed() string {
	switch k.Kind {
	case Bool:
		return "`true` or `false`"
	case Number:
		if k.Max == 1<<30 {
			return fmt.Sprintf("a number from %d on", k.Min)
		}
		return fmt.Sprintf("a number from %d to %d", k.Min, k.Max)
	case Text:
		return "a text"
	case Word:
		return "`" + strings.Join(k.Words, "`, `") + "`"
	case Size:
		return "a size"
	case Duration:
		return "a duration"
	case Texts:
		return "a mapping of texts"
	case Mapping:
		switch {
		case len(k.One) > 0:
			return "a mapping with one of `" + strings.Join(k.One, "`, `") + "`"
		case k.Short:
			return "a mapping, or its short form"
		}
	}
	return "a mapping"
}
