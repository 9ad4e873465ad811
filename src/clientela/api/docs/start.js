// Show the API's own description; everything that would speak with another host is off.
Scalar.createApiReference("#reference", {
  url: "/openapi.json",
  theme: "default",
  localization: { locale: "es" },
  withDefaultFonts: false,
  telemetry: false,
  proxyUrl: "",
  externalUrls: { dashboardUrl: "", registryUrl: "", proxyUrl: "", apiBaseUrl: "" },
  agent: { disabled: true },
  mcp: { disabled: true },
  hideClientButton: true,
  showDeveloperTools: "never",
  persistAuth: false,
  favicon: "data:,",
  customCss:
    ":root { --scalar-font: system-ui, sans-serif; --scalar-font-code: ui-monospace, 'DejaVu Sans Mono', monospace; }",
});
