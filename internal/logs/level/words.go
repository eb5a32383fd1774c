package level

// wordsWithin is how far into the line a word may be the level: behind a time, a
// name, a thread. What follows is the message.
const wordsWithin = 160

// ofWords finds the first word that is a level and looks like one.
func ofWords(b []byte) Level {
	for i := 0; i < len(b) && i < wordsWithin; {
		if !wordByte(b[i]) {
			i++
			continue
		}
		end := i
		for end < len(b) && wordByte(b[end]) {
			end++
		}
		if l := word(b[i:end]); l != None && looks(b, i, end) {
			return l
		}
		i = end
	}
	switch {
	case begins(b, "Traceback (most recent call last)"), begins(b, "Exception in thread"), begins(b, "Unhandled exception"):
		return Error
	case begins(b, "panic: "), begins(b, "fatal error: "):
		return Fatal
	}
	return None
}

// looks reports that the word from i to end stands where a level does.
func looks(b []byte, i, end int) bool {
	before, after := byte(' '), byte(' ')
	if i > 0 {
		before = b[i-1]
	}
	if end < len(b) {
		after = b[end]
	}
	switch {
	case before == '-' || before == '/' || before == '.' || before == '=' || before == '@' || after == '=' || after == '(':
		return false // a part of a name, a path or a call
	case (before == '[' || before == '(' || before == '|' || before == ':') && (after == ']' || after == ')' || after == '|'):
		return true // [warn], (info), [core:notice]
	case capitals(b[i:end]): // "ERROR", and celery's "WARNING/MainProcess"
		return after != '-' && after != '.' && after != '_'
	case after == ':' && (i == 0 || before == ' ' || before == '\t' || before == ']'):
		// "warn: text", "Error: text"; a colon within a name has no space behind it.
		return end+1 >= len(b) || b[end+1] == ' ' || b[end+1] == '\t'
	}
	return false
}

// capitals reports a word in capitals, with digits (DEBUG1) or not.
func capitals(b []byte) bool {
	for _, c := range b {
		if (c < 'A' || c > 'Z') && !digit(c) {
			return false
		}
	}
	return true
}

func begins(b []byte, text string) bool { return len(b) >= len(text) && string(b[:len(text)]) == text }
