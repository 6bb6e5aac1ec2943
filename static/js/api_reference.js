// Swagger UI over our own schema. The key stays in the page's memory, and goes nowhere but to this server.
const reference = document.getElementById("reference");
SwaggerUIBundle({
  url: reference.dataset.schema,
  domNode: reference,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  persistAuthorization: false,
  validatorUrl: null,
  tryItOutEnabled: false,
});
