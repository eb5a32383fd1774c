package project

import "strings"

// Link adds a link in the words of the file, NAME or NAME:ALIAS.
func (s *Service) Link(text string) {
	name, alias, ok := strings.Cut(text, ":")
	if !ok || alias == "" {
		alias = name
	}
	if s.Links == nil {
		s.Links = map[string]string{}
	}
	s.Links[alias] = name
}
