import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import { tanstackRouter } from "@tanstack/router-plugin/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const api = `http://127.0.0.1:${process.env.API_PORT ?? "8000"}`;

export default defineConfig({
  plugins: [
    tanstackRouter({ target: "react", autoCodeSplitting: true, quoteStyle: "double" }),
    react(),
    tailwindcss(),
  ],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  server: { proxy: { "/api": { target: api, ws: true } } },
  preview: { proxy: { "/api": { target: api, ws: true } } },
  // Fonts and images stay files: a data: URL would need a hole in the CSP.
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    manifest: true,
    // What nearly every page needs is one file: many small ones are larger together, and are asked for one by one.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: "common", minShareCount: 15 }] } } },
  },
});
