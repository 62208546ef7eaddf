"""without_wrappers.py IN.wat OUT.wat: gives those imports of a module of TeaVM a body whose types are the module's own classes, so that no other module can
provide them. They wrap Java's objects for JavaScript, and there is none."""
import re, sys

BODIES = {"decorateException": "", "unwrapJavaObject": " (ref.null none)", "wrapObject": " (ref.null none)", "javaObjectToJS": " (ref.null noextern)"}

text = open(sys.argv[1]).read()
functions = []


def take(match):
    if match["name"] not in BODIES:
        return match[0]
    functions.append(f'\n {match["function"]}{BODIES[match["name"]]})')
    return ""


text = re.sub(r'\n \(import "teavm\w*" "(?P<name>\w+)" (?P<function>\(func .*)\)\)(?=\n)', take, text)
first = text.index("\n (func ")
open(sys.argv[2], "w").write(text[:first] + "".join(functions) + text[first:])
