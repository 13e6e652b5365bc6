import js from "@eslint/js";
import a11y from "eslint-plugin-jsx-a11y";
import hooks from "eslint-plugin-react-hooks";
import { readdirSync } from "node:fs";
import { URL } from "node:url";
import ts from "typescript-eslint";

const features = readdirSync(new URL("./src/features", import.meta.url));

/** Modules are named from `src` on, so that a name says which way an import points. */
const relative = { group: ["./*", "../*"], message: "write src/…" };

const closed = (files, group, message) => ({
  files: [`src/${files}/**/*.{ts,tsx}`],
  ignores: ["src/**/*.test.{ts,tsx}"],
  rules: { "no-restricted-imports": ["error", { patterns: [relative, { group, message }] }] },
});

/** Imports point down: main, site → features → components → api; no feature knows another. */
const directions = [
  closed("api", ["src/main", "src/site/*", "src/features/*", "src/components/*"], "api is below"),
  closed("components", ["src/main", "src/site/*", "src/features/*"], "components are below"),
  ...features.map((feature) =>
    closed(
      `features/${feature}`,
      [
        "src/main",
        "src/site/*",
        ...features.filter((f) => f !== feature).map((f) => `src/features/${f}/*`),
      ],
      "features do not know each other",
    ),
  ),
];

export default ts.config(
  { ignores: ["dist", "node_modules", "src/api/schema.gen.ts"] },
  js.configs.recommended,
  ...ts.configs.strict,
  a11y.flatConfigs.strict,
  hooks.configs.flat["recommended-latest"],
  {
    files: ["src/**/*.{ts,tsx}"],
    rules: {
      "max-lines": ["error", { max: 300, skipBlankLines: true }],
      "no-restricted-imports": ["error", { patterns: [relative] }],
      "no-restricted-syntax": [
        "error",
        { selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']", message: "data is text" },
        { selector: "ExportAllDeclaration", message: "no barrel files" },
      ],
    },
  },
  ...directions,
);
