package extension

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/docker/go-units"

	"github.com/mocker-compose/mocker-compose/project/loader/suggest"
)

// checker holds values against the table. fault makes the error for a key; line is 0
// where it is not known.
type checker struct {
	fault  func(line int, remedy, message string, key ...string) error
	merged bool // nothing is to come: what is missing is missing
}

// level is where x-mocker stands.
type level struct {
	keys    []Key
	other   []Key  // of the other level
	belongs string // whose the other's keys are
	place   string // where they go
	example string
}

func topLevel() level {
	return level{top(), service(), "it is a service's", "write it below x-mocker of the service that it is about", "uplink: pasta"}
}

func serviceLevel() level {
	return level{service(), top(), "it is the project's", "write it below x-mocker at the top level", "ready: {tcp: 8080}"}
}

func modelLevel() level {
	return level{model(), nil, "", "", "endpoint: http://ollama:11434/v1/"}
}

// all checks everything below x-mocker.
func (c *checker) all(it item, at []string, l level) error {
	if it.shape == isNull {
		return nil
	}
	if it.shape != isMapping {
		return c.fault(it.line, "write for example x-mocker: {"+l.example+"}", strings.Join(at, ".")+" is not a mapping", at...)
	}
	for _, sub := range it.items {
		here := slices.Concat(at, []string{sub.name})
		if slices.ContainsFunc(l.other, func(k Key) bool { return k.Name == sub.name }) {
			return c.fault(sub.line, l.place, strings.Join(here, ".")+": "+l.belongs, here...)
		}
		if err := c.child(sub, l.keys, here); err != nil {
			return err
		}
	}
	return nil
}

// child checks one key of a mapping.
func (c *checker) child(it item, keys []Key, at []string) error {
	i := slices.IndexFunc(keys, func(k Key) bool { return k.Name == it.name })
	if i >= 0 {
		return c.value(it, &keys[i], at)
	}
	remedy := suggest.Key(it.name, names(keys))
	if way := within(keys, it.name); way != "" {
		remedy = "write it below " + way
	}
	return c.fault(it.line, remedy, strings.Join(at, ".")+": unknown key", at...)
}

// within is the way from keys to a mapping that has the name, "" if there is none.
func within(keys []Key, name string) string {
	for _, k := range keys {
		if slices.ContainsFunc(k.Keys, func(s Key) bool { return s.Name == name }) {
			return k.Name
		}
		if way := within(k.Keys, name); way != "" {
			return k.Name + "." + way
		}
	}
	return ""
}

func names(keys []Key) (list []string) {
	for _, k := range keys {
		list = append(list, k.Name)
	}
	return list
}

// value checks a value. null is none.
func (c *checker) value(it item, k *Key, at []string) error {
	say := func(remedy, wrong string) error {
		return c.fault(it.line, remedy, strings.Join(at, ".")+": "+wrong, at...)
	}
	switch {
	case it.shape == isNull || it.unsure:
		return nil
	case it.shape == isMapping && k.Kind == Mapping:
		return c.mapping(it, k, at)
	case it.shape == isMapping && k.Kind == Texts:
		return c.texts(it, k, at)
	case it.shape != isScalar || k.Kind == Texts || k.Kind == Mapping && !k.Short:
		return say("write for example "+k.Example, "it is "+k.noun())
	}
	if remedy, wrong := scalar(k, it.text); wrong != "" {
		return say(remedy, wrong)
	}
	return nil
}

// noun is what a value is to be.
func (k *Key) noun() string {
	switch k.Kind {
	case Mapping:
		if k.Short {
			return "a mapping or one word"
		}
		return "a mapping"
	case Texts:
		return "a mapping of texts"
	case Bool, Number, Text, Word, Size, Duration:
	}
	return "one value"
}

func (c *checker) mapping(it item, k *Key, at []string) error {
	var has []string
	for _, sub := range it.items {
		if err := c.child(sub, k.Keys, slices.Concat(at, []string{sub.name})); err != nil {
			return err
		}
		if sub.shape != isNull && (sub.shape != isScalar || sub.text != "false") && !slices.Contains(has, sub.name) {
			has = append(has, sub.name)
		}
	}
	say := func(remedy, wrong string) error {
		return c.fault(it.line, remedy, strings.Join(at, ".")+": "+wrong, at...)
	}
	one := slices.DeleteFunc(slices.Clone(has), func(n string) bool { return !slices.Contains(k.One, n) })
	if len(one) > 1 {
		return say(fmt.Sprintf("keep one of them; what overrides the other writes %s: !override {...}", k.Name), strings.Join(one, " and ")+" exclude each other")
	}
	if !c.merged {
		return nil
	}
	if len(k.One) > 0 && len(one) == 0 {
		return say("write for example "+k.Example, "one of "+strings.Join(k.One, ", ")+" is missing")
	}
	for _, n := range k.Needed {
		if !slices.Contains(has, n) {
			return say("write for example "+k.Example, n+" is missing")
		}
	}
	return nil
}

func (c *checker) texts(it item, k *Key, at []string) error {
	for _, sub := range it.items {
		here := slices.Concat(at, []string{sub.name})
		if sub.shape == isMapping || sub.shape == isList {
			return c.fault(sub.line, "write for example "+k.Example, strings.Join(here, ".")+": it is one value", here...)
		}
		if sub.unsure {
			continue
		}
		if wrong, remedy := k.Check(sub.name + ": " + sub.text); wrong != "" {
			return c.fault(sub.line, remedy, strings.Join(here, ".")+": "+wrong, here...)
		}
	}
	return nil
}

// scalar tells what is wrong with a scalar; an empty one counts as none.
func scalar(k *Key, text string) (remedy, wrong string) {
	switch k.Kind {
	case Bool:
		if text != "" && text != "true" && text != "false" {
			return "write true or false", text + " is neither true nor false"
		}
	case Number:
		if n, err := strconv.ParseInt(text, 10, 64); text != "" && (err != nil || n < k.Min || n > k.Max) {
			return fmt.Sprintf("write a number from %d to %d", k.Min, k.Max), fmt.Sprintf("%s is not a number from %d to %d", text, k.Min, k.Max)
		}
	case Duration:
		if d, err := time.ParseDuration(text); text != "" && (err != nil || d < 0) {
			return "write it with its unit, such as 500ms, 10s or 1m30s", text + " is not a duration"
		}
	case Size:
		if n, err := units.RAMInBytes(text); text != "" && (err != nil || n < 0) {
			return "write a size such as 200m", text + " is not a size"
		}
	case Word:
		if text != "" && k.Check == nil && !slices.Contains(k.Words, text) {
			return suggest.Name(text, "possible values", k.Words), fmt.Sprintf("%q is not possible", text)
		}
	case Text, Texts, Mapping:
	}
	if k.Check != nil && text != "" {
		wrong, remedy = k.Check(text)
	}
	return remedy, wrong
}
