// A file of its own: the content security policy allows no script inside the page.
window.SwaggerUIBundle({
  url: "/api/openapi.json",
  dom_id: "#api",
  deepLinking: true,
  // Every call goes to this server only; nothing is sent to an outside validator.
  validatorUrl: null,
  // Changes signed in by the page's cookie need it.
  requestInterceptor: (request) => {
    request.headers["X-Requested-With"] = "api-docs";
    return request;
  },
});
