package diff

import (
	"fmt"
	"strings"

	"github.com/mocker-compose/mocker-compose/project"
)

// Fields with words of their own.

// changed is for what is too long to be shown.
func changed(key string, _, _ any) []difference { return []difference{{key, "content changed"}} }

func emptied(key string, _, is any) []difference {
	if is.(bool) {
		return []difference{{key, "the image's -> (none)"}}
	}
	return []difference{{key, "(none) -> the image's"}}
}

func size(key string, was, is any) []difference {
	word := func(v any) string {
		if n := v.(int64); n != 0 {
			return project.Size(n)
		}
		return "default"
	}
	return []difference{{key, word(was) + " -> " + word(is)}}
}

func octal(key string, was, is any) []difference {
	word := func(v any) string {
		if n := v.(*uint32); n != nil {
			return fmt.Sprintf("%04o", *n)
		}
		return "default"
	}
	return []difference{{key, word(was) + " -> " + word(is)}}
}

// limits are those that hold: the same ones in other words are no difference.
func limits(_ string, was, is any) (list []difference) {
	for _, line := range was.(project.Resources).Changes(is.(project.Resources)) {
		key, text, _ := strings.Cut(line, " ")
		list = append(list, difference{key, text})
	}
	return list
}

func policy(key string, was, is any) []difference {
	word := func(v any) string {
		p := v.(project.RestartPolicy)
		text := string(p.Mode)
		switch {
		case p.Mode == "":
			text = string(project.RestartNo)
		case p.MaxRetries > 0:
			text = fmt.Sprintf("%s:%d", p.Mode, p.MaxRetries)
		}
		if p.Delay != nil {
			text += fmt.Sprintf(" after %v", *p.Delay)
		}
		if p.Window > 0 {
			text += fmt.Sprintf(", window %v", p.Window)
		}
		return text
	}
	return []difference{{key, word(was) + " -> " + word(is)}}
}
