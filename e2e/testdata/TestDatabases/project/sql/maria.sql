CREATE TABLE notes (id INT AUTO_INCREMENT PRIMARY KEY, text VARCHAR(100));
INSERT INTO notes (text) VALUES ('from the first boot');
