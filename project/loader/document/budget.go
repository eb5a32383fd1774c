package document

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Bounds of one compose file after its aliases are expanded. A thousand rich
// services are about 60,000 nodes and 12 levels.
const (
	MaxNodes = 250_000
	maxDepth = 64
)

// Bounds of the variables of one value: compose-go looks at the rest of the
// text again for each of them, and again for each level of ${A:-${B:-…}}.
const (
	maxReferences     = 512
	maxReferenceDepth = 16
	maxReferenceText  = 256 << 10 // bytes of a value with any
)

// budget counts what the nodes of a file would be without aliases, each node
// once: the cost is that of the text, whatever the text expands to.
type budget struct {
	seen map[*yaml.Node]extent
	open map[*yaml.Node]bool
	used int
	tags bool
}

// extent is what a node expands to.
type extent struct {
	size   int // nodes
	height int // levels below it
}

type budgetError struct {
	line    int
	message string
	hint    string // "" = TooMuch
}

func newBudget() *budget {
	return &budget{seen: map[*yaml.Node]extent{}, open: map[*yaml.Node]bool{}}
}

// spend adds one document.
func (b *budget) spend(root *yaml.Node) *budgetError {
	e, err := b.count(root, 0)
	if err != nil {
		return err
	}
	b.used += e.size
	return tooMany(root, b.used)
}

func tooMany(n *yaml.Node, size int) *budgetError {
	if size > MaxNodes {
		return &budgetError{line: n.Line, message: fmt.Sprintf("the file has more than %d values when its aliases are expanded", MaxNodes)}
	}
	return nil
}

func tooDeep(n *yaml.Node, depth int) *budgetError {
	if depth > maxDepth {
		return &budgetError{line: n.Line, message: fmt.Sprintf("values are nested more than %d levels deep", maxDepth)}
	}
	return nil
}

func (b *budget) count(n *yaml.Node, depth int) (extent, *budgetError) {
	if n.Tag == "!reset" || n.Tag == "!override" {
		b.tags = true
	}
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if e, known := b.seen[n]; known {
		return e, tooDeep(n, depth+e.height)
	}
	if err := tooDeep(n, depth); err != nil {
		return extent{}, err
	}
	if b.open[n] {
		return extent{}, &budgetError{n.Line, fmt.Sprintf("the anchor %q contains itself", n.Anchor), "remove the alias within it"}
	}
	if len(n.Content) == 0 {
		return extent{size: 1}, references(n)
	}
	if err := keys(n); err != nil {
		return extent{}, err
	}
	b.open[n] = true
	total := extent{size: 1}
	for _, c := range n.Content {
		e, err := b.count(c, depth+1)
		if err != nil {
			return extent{}, err
		}
		total.size += e.size
		total.height = max(total.height, e.height+1)
		// Checked inside the loop so that sums stay far from overflow.
		if err := tooMany(c, total.size); err != nil {
			return extent{}, err
		}
	}
	delete(b.open, n)
	b.seen[n] = total
	return total, nil
}

// references bounds the variables of a scalar.
func references(n *yaml.Node) *budgetError {
	if !strings.Contains(n.Value, "$") {
		return nil
	}
	if len(n.Value) > maxReferenceText {
		return &budgetError{line: n.Line, message: fmt.Sprintf("a value with variables is longer than %d KiB", maxReferenceText>>10)}
	}
	if strings.Count(n.Value, "$") > 2*maxReferences {
		return &budgetError{line: n.Line, message: fmt.Sprintf("a value has more than %d variables", maxReferences)}
	}
	depth := 0
	for i := range len(n.Value) {
		switch {
		case n.Value[i] == '{' && i > 0 && n.Value[i-1] == '$':
			depth++
		case n.Value[i] == '}' && depth > 0:
			depth--
		}
		if depth > maxReferenceDepth {
			return &budgetError{line: n.Line, message: fmt.Sprintf("variables are nested more than %d levels deep", maxReferenceDepth)}
		}
	}
	return nil
}
