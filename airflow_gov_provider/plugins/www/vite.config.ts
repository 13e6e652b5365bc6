import react from "@vitejs/plugin-react";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

/** What Airflow's UI puts on globalThis; a second copy would break hooks, routing and the theme. */
const hostGlobals: Record<string, string> = {
  "@chakra-ui/react": "ChakraUI",
  "@emotion/react": "EmotionReact",
  react: "React",
  "react-dom": "ReactDOM",
  "react-router-dom": "ReactRouterDOM",
  "react/jsx-runtime": "ReactJSXRuntime",
};

export default defineConfig(({ mode }) => ({
  build: {
    lib: { entry: "src/main.tsx", fileName: () => "main.js", formats: ["umd"], name: "Governance" },
    reportCompressedSize: true,
    rollupOptions: {
      external: Object.keys(hostGlobals),
      output: { globals: hostGlobals },
    },
    sourcemap: false,
  },
  // A library build leaves this to whoever bundles it further, and nobody does.
  define: mode === "test" ? {} : { "process.env.NODE_ENV": JSON.stringify("production") },
  plugins: [react()],
  resolve: { alias: { src: fileURLToPath(new URL("./src", import.meta.url)) } },
  test: {
    environment: "happy-dom",
    globals: true,
    include: ["src/**/*.test.{ts,tsx}"],
    maxWorkers: 2,
    setupFiles: ["src/testing/setup.ts"],
    testTimeout: 60_000,
  },
}));
