# shellcheck shell=sh
# json_lines: JSON on standard input; a line for each text, number and word in it: its path, a tab, itself without
# quotes (what is written with a backslash stays so). Nothing at all where the JSON is not whole. Numbers are never
# calculated with: those of etcd's members have more digits than awk keeps.
json_lines() {
  awk '
    function refuse() { refused = 1; exit 1 }
    function path(  level, text) {
      for (level = 1; level <= depth; level++) text = text (level > 1 ? "." : "") at[level]
      return text
    }
    function value(token) {
      if (token ~ /^"/) token = substr(token, 2, length(token) - 2)
      found = found path() "\t" token "\n"
    }
    function take(token) {
      # One object or list, and nothing behind it.
      if (is_over || (!depth && token != "{" && token != "[")) refuse()
      if (token == "{" || token == "[") {
        kind[++depth] = token
        at[depth] = (token == "[" ? 0 : "")
        is_name = (token == "{")
      } else if (token == "}" || token == "]") {
        if (depth < 1 || kind[depth] != (token == "}" ? "{" : "[")) refuse()
        depth--
        is_name = 0
        is_over = !depth
      } else if (token == ",") {
        if (depth < 1) refuse()
        if (kind[depth] == "[") at[depth]++; else is_name = 1
      } else if (token == ":") is_name = 0
      else if (is_name) at[depth] = substr(token, 2, length(token) - 2)
      else value(token)
      taken++
    }
    { text = text $0 "\n" }
    END {
      while (match(text, /^[ \t\r\n]*("([^"\\]|\\.)*"|[][{}:,]|[^][{}:," \t\r\n]+)/)) {
        token = substr(text, 1, RLENGTH)
        text = substr(text, RLENGTH + 1)
        sub(/^[ \t\r\n]+/, "", token)
        take(token)
      }
      if (refused || depth || !taken || text !~ /^[ \t\r\n]*$/) exit 1
      printf "%s", found
    }'
}
