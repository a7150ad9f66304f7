"""What the front doors share: page classes, tables, forms, menu, export, components."""
