package logs

import "slices"

// choose decides where each stream of a source begins: at the first line of
// the wanted time, and not before the last Tail lines of the container.
func (s *source) choose() error {
	since, until := s.span()
	begin := make([]uint64, len(s.streams))
	end := make([]uint64, len(s.streams))
	for i, t := range s.streams {
		begin[i], end[i] = t.begin(), t.end()
		var err error
		if !s.query.Since.IsZero() {
			if begin[i], err = t.since(since); err != nil {
				return err
			}
		}
		if !s.query.Until.IsZero() {
			end[i] = t.until(until)
		}
	}
	if s.query.Tail >= 0 {
		tail, err := s.tail(end)
		if err != nil {
			return err
		}
		for i := range begin {
			begin[i] = max(begin[i], tail[i])
		}
	}
	for i, t := range s.streams {
		if len(t.segments) > 0 {
			t.seek(begin[i])
		}
	}
	return nil
}

// since returns the beginning of the first line that arrived at or after the
// time. Times can step back, so all records are looked at in order; the lines
// behind it are checked one by one when printed.
func (s *streamReader) since(wall int64) (uint64, error) {
	for _, g := range s.segments {
		for i := 0; ; i++ {
			r, ok := g.index.at(i)
			if !ok {
				break
			}
			if r.wall < wall || r.offset >= g.size {
				continue
			}
			b := backward{s: s}
			return b.lineStart(g.base + r.offset + 1)
		}
	}
	return s.end(), nil
}

// until returns the end of the last bytes that arrived at or before the time.
func (s *streamReader) until(wall int64) uint64 {
	end := s.begin()
	for _, g := range s.segments {
		for i := 0; ; i++ {
			r, ok := g.index.at(i)
			if !ok {
				break
			}
			if r.wall > wall {
				continue
			}
			end = g.end()
			if next, ok := g.index.at(i + 1); ok {
				end = g.base + min(next.offset, g.size)
			}
		}
	}
	return end
}

// tail returns where the container's last Tail lines before end begin in each
// stream: as docker counts them, over its streams together. With a filter, only what
// it lets pass counts.
func (s *source) tail(end []uint64) ([]uint64, error) {
	walks := make([]*walk, 0, len(end))
	begin := slices.Clone(end)
	for i, t := range s.streams {
		w := &walk{backward: backward{s: t, end: end[i]}, filter: s.query.Filter, stream: i}
		ok, err := w.step()
		if err != nil {
			return nil, err
		}
		if ok {
			walks = append(walks, w)
		}
	}
	for n := s.query.Tail; n > 0 && len(walks) > 0; n-- {
		newest := 0
		for i := 1; i < len(walks); i++ {
			if walks[i].found.seq > walks[newest].found.seq {
				newest = i
			}
		}
		w := walks[newest]
		begin[w.stream] = w.found.begin
		s.streams[w.stream].line.level = w.found.before
		ok, err := w.step()
		if err != nil {
			return nil, err
		}
		if !ok {
			walks = append(walks[:newest], walks[newest+1:]...)
		}
	}
	return begin, nil
}
