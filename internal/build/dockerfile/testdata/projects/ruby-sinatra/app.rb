puts "sinatra #{ENV["LANG"]} #{Dir.pwd}"
