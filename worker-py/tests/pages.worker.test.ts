// The pages in Python, by the tests that both languages share, and what only Python can do wrong.
import { testPages } from "../../tests/worker/pages";

testPages("/py", /^Hello from Starlette on Python 3\.14\.\d+$/);
