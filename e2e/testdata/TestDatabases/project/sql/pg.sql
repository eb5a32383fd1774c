CREATE TABLE notes (id serial PRIMARY KEY, text text);
INSERT INTO notes (text) VALUES ('from the first boot');
